"""Imports of Great Expectations that no limit asks for, spared the process that judges."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from deri_gate.gate import load

if TYPE_CHECKING:
    from collections.abc import Iterator

OPTIONAL = ("azure", "boto3", "botocore", "google", "pyspark", "sqlalchemy")  # it goes without them
LATER = ("altair", "scipy.stats")  # used by few of its expectations, imported by all


def load_spared() -> None:
    """Load what judges; in the user's own process nothing is spared, as it may need all."""
    with spared_imports():
        load()


@contextmanager
def spared_imports() -> Iterator[None]:
    """Let imports in the block find no optional package, and load others once they are used.

    Great Expectations takes the optional ones, of clouds and databases, where it finds them.
    """
    hidden = [name for name in OPTIONAL if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # Python's way to say: not to be found
    for name in LATER:
        _load_when_used(name)
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def _load_when_used(name: str) -> None:
    """Put a stand-in in a module's place that imports it at the first look at what is in it."""
    if name in sys.modules:
        return
    stand_in = ModuleType(name)

    def found(attribute: str) -> Any:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
        return getattr(import_module(name), attribute)

    stand_in.__getattr__ = found  # type: ignore[method-assign]
    sys.modules[name] = stand_in
