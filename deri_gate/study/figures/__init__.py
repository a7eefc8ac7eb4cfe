"""Pictures of a study, drawn from its files: the same bytes for the same files."""
