"""Explanations that can be checked: heat maps, and what perturbation and masks say of them.

`explanation_quality` takes any classifier and returns one row an image; the modules hold the
single measures, pure functions of tensors.
"""

from deri_gate.explain.quality.quality import explanation_quality

__all__ = ["explanation_quality"]
