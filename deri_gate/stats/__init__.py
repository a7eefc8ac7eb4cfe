"""Statistics that know nothing of images."""
