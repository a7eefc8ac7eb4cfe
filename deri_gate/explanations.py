"""Explanations that can be checked, under their public name; the code lies in `explain/quality`."""

from deri_gate.explain.quality import explanation_quality

__all__ = ["explanation_quality"]
