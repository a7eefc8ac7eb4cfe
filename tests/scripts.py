"""Scripts that lie in no package, as modules: benchmarks, hooks of the site, targets of fuzzing."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def module_of(script: Path) -> ModuleType:
    """The module of a script, run anew, under a name that nothing else has."""
    spec = importlib.util.spec_from_file_location(f"{script.stem}_of_tests", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look their annotations up
    spec.loader.exec_module(module)
    return module


def benchmark(name: str) -> ModuleType:
    """The module of a script of `benchmarks/`."""
    return module_of(BENCHMARKS / f"{name}.py")
