"""Findings on pictures that use few of their levels: constant ones, and 12 bits in 16."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.dataset import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.features.image_table import ImageTable

# Steps from the darkest level to the brightest, below which an image is next to empty, where half
# of the images have the second number. None of 32,000 honest pictures has fewer than 34.
NEXT_TO_NONE, OTHERS = 26, 64
MOST = 0.5  # share of the deep images that must be narrow: one dark image is no sign


def level_findings(ids: Sequence[str], table: ImageTable) -> list[Finding]:
    """A finding for each image that shows nothing, or next to nothing of its range.

    Args:
        ids: Name of each readable image.
        table: What is known of each.
    """
    constant = _empty(ids, table)
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


def _empty(ids: Sequence[str], table: ImageTable) -> list[Finding]:
    """A finding for each image of one level, and each that is next to it, unlike the others."""
    usual = float(np.median(table.span)) if len(table.span) else 0.0
    least = NEXT_TO_NONE if usual >= OTHERS else 1
    return [
        Finding(kind="constant", path=ids[i], detail=_emptiness(int(table.span[i]), usual))
        for i in np.flatnonzero((table.span < least) & ~(table.narrow & (table.span > 0))).tolist()
    ]


def _emptiness(span: int, usual: float) -> str:
    if span == 0:
        return "all its pixels are of one level: an empty picture, or white on a transparent ground"
    return (
        f"its pixels lie within {span + 1} of 256 levels, where half of the images take "
        f"{usual + 1:.0f} or more: next to an empty picture"
    )
