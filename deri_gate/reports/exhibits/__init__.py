"""Exhibits: the images that show a finding, each with its value and reason; no pixels."""
