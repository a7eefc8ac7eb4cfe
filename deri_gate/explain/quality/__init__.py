"""Explanations that can be checked: heat maps, and what perturbation and masks say of them.

`explanation_quality` takes any classifier and returns one row an image; the modules hold the
single measures, pure functions of tensors.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
