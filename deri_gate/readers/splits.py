"""The names of splits, and the order in which they are told."""

from __future__ import annotations

SPLITS = ("train", "val", "test")
_ALIASES = {"valid": "val", "validation": "val"}


def is_split(name: str) -> bool:
    """Whether a folder of this name is taken for a split."""
    return canonical_split(name) in SPLITS


def canonical_split(name: str) -> str:
    """One name for one split: `Validation` is val; a name of somebody's own stays as it is."""
    lower = name.lower()
    known = _ALIASES.get(lower, lower)
    return known if known in SPLITS else name


def split_rank(name: str) -> int:
    """Place in the telling: train, val, test, then all others."""
    return SPLITS.index(name) if name in SPLITS else len(SPLITS)
