"""Networks trained on a dataset and on its damaged variants, to see what the damage costs."""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
