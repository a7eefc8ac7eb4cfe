"""A dataset against an earlier one: what changed, what that did, and whether it looks right."""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
