"""deri-gate: a quality gate for image-classification datasets.

Every command of the command line is a function here, under the same name. `__init__.pyi` says
where each is; it is imported when it is first asked for, so that `import deri_gate` costs nothing.
"""

from __future__ import annotations

import lazy_loader

__version__ = "0.2.0"
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
