"""Datasets: any form of one becomes the record `Dataset`."""
