"""Findings on pictures that use few of their levels: constant ones, and 12 bits in 16."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.dataset import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.arrays import BoolArray
    from deri_gate.features.image_table import ImageTable

MOST = 0.5  # share of the deep images that must be narrow: one dark image is no sign


def level_findings(ids: Sequence[str], table: ImageTable, rows: BoolArray) -> list[Finding]:
    """A finding for each image that shows nothing, or next to nothing of its range.

    Args:
        ids: Name of each readable image.
        table: What is known of each.
        rows: True for the images of one split, which are asked.
    """
    constant = [
        Finding(
            kind="constant",
            path=ids[i],
            detail="all its pixels have one value: an empty picture, "
            "or white on a transparent background",
        )
        for i in np.flatnonzero(rows & (table.span == 0)).tolist()
    ]
    seen = rows & (table.span > 0)
    narrow = table.narrow & seen
    if not seen.any() or narrow.sum() < MOST * seen.sum():
        return constant
    return constant + [
        Finding(
            kind="narrow_range",
            path=ids[i],
            detail="it uses less than a sixteenth of its range, as 12 bits stored in 16 do, and "
            "is shown and judged near black; say --range set, or scale the files",
        )
        for i in np.flatnonzero(narrow).tolist()
    ]
