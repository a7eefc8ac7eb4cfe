"""Findings on images that are alike in a way in which pictures that differ never are."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.dataset import Finding
from deri_gate.features.hashes import firsts_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, IntArray
    from deri_gate.features.image_table import ImageTable

LEAST = 10  # pictures that differ and are alike so
SHARE = 0.2  # of those compared: chance gives one length to a few in a hundred


def uniform_findings(ids: Sequence[str], table: ImageTable, rows: BoolArray) -> list[Finding]:
    """A finding for each of many pictures that differ, and have one length or one beginning.

    Generated stand-ins, files cut to one size, a header that was repeated, and what a decoder
    makes up look so. Copies count once: they have a measure of their own.

    Args:
        ids: Name of each readable image.
        table: What is known of each.
        rows: True for the images of one split, which are asked.
    """
    seen = (firsts_of(table.shown) == np.arange(len(ids))) & (table.span > 0) & rows
    return [
        *_one_length(ids, table.size, seen & (table.size > 0)),
        *_one_start(ids, table.start, seen & (table.start > 0)),
    ]


def _one_length(ids: Sequence[str], sizes: IntArray, compared: BoolArray) -> list[Finding]:
    return [
        Finding(
            kind="uniform",
            path=ids[i],
            detail=f"{len(alike)} of {total} compressed pictures that differ have exactly "
            f"{int(sizes[i]):,} bytes each, which chance does not give: look whether they were "
            "cut to one size, or made as stand-ins",
        )
        for alike, total in _common(sizes.tolist(), compared)
        for i in alike
    ]


def _one_start(
    ids: Sequence[str], starts: npt.NDArray[np.uint64], compared: BoolArray
) -> list[Finding]:
    return [
        Finding(
            kind="uniform",
            path=ids[i],
            detail=f"{len(alike)} of {total} pictures that differ below have the very same upper "
            "third, pixel for pixel: look whether their files begin with another one's data, or "
            "they are screens with one frame",
        )
        for alike, total in _common(starts.tolist(), compared)
        for i in alike
    ]


def _common(values: Sequence[Hashable], compared: BoolArray) -> list[tuple[list[int], int]]:
    """Positions of images that share a value too many of those compared have, and their number."""
    positions = np.flatnonzero(compared).tolist()
    counts = Counter(values[i] for i in positions)
    most = max(LEAST, SHARE * len(positions))
    return [
        ([i for i in positions if values[i] == value], len(positions))
        for value, count in counts.items()
        if count >= most
    ]
