"""Splits that are not judged, one by one: a good one hides no bad one beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from deri_gate.arrays import BoolArray
    from deri_gate.measuring.evidence import Evidence


def rows_by_split(others: Evidence | None) -> dict[str, BoolArray]:
    """By name of each split that is not judged, True for its images among the readable ones.

    Args:
        others: The images of these splits; None when there are none.
    """
    if others is None:
        return {}
    names = np.array(others.dataset.splits or [""] * len(others.dataset), dtype=np.str_)
    return {name: names == name for name in np.unique(names).tolist()}
