"""Findings on pictures that use few of their levels: constant ones, and 12 bits in 16."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.dataset import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.features.image_table import ImageTable

MOST = 0.5  # share of the deep images that must be narrow: one dark image is no sign


def level_findings(ids: Sequence[str], table: ImageTable) -> list[Finding]:
    """A finding for each image that shows nothing, or next to nothing of its range.

    Args:
        ids: Name of each readable image.
        table: What is known of each.
    """
    constant = [
        Finding(
            kind="constant",
            path=ids[i],
            detail="all its pixels have one value: an empty picture, "
            "or white on a transparent background",
        )
        for i in np.flatnonzero(table.span == 0).tolist()
    ]
    narrow = table.narrow & (table.span > 0)
    seen = int((table.span > 0).sum())
    if not seen or narrow.sum() < MOST * seen:
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
