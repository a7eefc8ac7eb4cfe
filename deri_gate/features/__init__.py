"""What is derived from the pixels of every image."""
