"""Modules of others that are loaded when something of them is used, and not when they are named."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder
from importlib.util import LazyLoader
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

# SciPy takes all names of NumPy, and so loads a compiler of Fortran and tools for tests.
LATE = frozenset({"numpy.f2py", "numpy.testing"})


class _LateFinder(MetaPathFinder):
    """Finder of these modules, which executes each at the first use of an attribute."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Describe one of them; of any other module nothing."""
        found = PathFinder.find_spec(fullname, path, target) if fullname in LATE else None
        if found is not None and found.loader is not None:
            found.loader = LazyLoader(found.loader)
        return found


def load_late() -> None:
    """Let these modules wait, in this process; for programs that own their process."""
    if not any(isinstance(one, _LateFinder) for one in sys.meta_path):
        sys.meta_path.insert(0, _LateFinder())
