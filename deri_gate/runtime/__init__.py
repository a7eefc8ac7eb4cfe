"""Machine and disk: where work runs and where files lie."""
