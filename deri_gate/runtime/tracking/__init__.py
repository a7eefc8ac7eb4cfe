"""Files that git, DVC and Git LFS keep of a dataset, read without any of them fetching."""
