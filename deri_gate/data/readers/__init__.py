"""A DATASET in any of its forms -> Dataset; loaded when asked for, as it takes numpy to read."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from deri_gate.data.readers.options import PLAIN, ReadOptions

if TYPE_CHECKING:
    from deri_gate.data.readers.opening import judged_split, open_dataset, other_splits, split_name

__all__ = ["PLAIN", "ReadOptions", "judged_split", "open_dataset", "other_splits", "split_name"]


def __getattr__(name: str) -> Any:
    """Import what reads datasets; where a pull request is looked at, only options are needed."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("deri_gate.data.readers.opening"), name)
