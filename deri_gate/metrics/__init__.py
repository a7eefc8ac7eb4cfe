"""What a metric is, the profile that says which counts, and one file a metric."""
