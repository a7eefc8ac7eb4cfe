"""Metrics, one file each, and the profile that selects their definitions."""
