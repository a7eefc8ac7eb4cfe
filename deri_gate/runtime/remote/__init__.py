"""Datasets in object stores and on web servers -> files of this machine."""
