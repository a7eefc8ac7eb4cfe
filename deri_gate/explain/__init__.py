"""Explanations of a sample of the images."""
