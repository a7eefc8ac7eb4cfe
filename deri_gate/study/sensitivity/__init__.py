"""Does a subscore fall when the data get worse? From measured cases to the sensitivity matrix.

`cases` measures, scores and judges one variant and keeps the result; `matrix` is the arithmetic;
`document` and `picture` are what is written of it.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
