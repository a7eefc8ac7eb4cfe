"""Is a damaged head told from its base, and an honest one let through? Rates over many of both.

`heads` makes them, `against` judges them, `rates` counts and says what is written.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
