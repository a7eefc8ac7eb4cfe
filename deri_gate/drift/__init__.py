"""A batch against a baseline: whether it comes from the same source, and since when it does not."""
