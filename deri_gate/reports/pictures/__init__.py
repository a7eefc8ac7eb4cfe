"""Pictures of a report: small copies of the exhibited images, made of pixels alone."""
