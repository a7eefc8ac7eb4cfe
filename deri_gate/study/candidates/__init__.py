"""Measured candidates, as members of a pool."""
