"""What git, DVC and Git LFS keep of a dataset, read without asking any of them to fetch or run."""
