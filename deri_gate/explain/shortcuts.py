"""Marks that the images of one class share and others lack, and whether explanations sit there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.arrays import BoolArray, IntArray
    from deri_gate.metrics.records import Explanations

EDGED = 0.1  # share of a cell that has to be strong edge
OFTEN = 0.9  # share of a class's images that have an edge in the cell
SELDOM = 0.1  # the same of all other images, at most
FEWEST = 8  # explained images of the class, and of the others, below which nothing is said
DRAWN = 1.2  # heat on a mark relative to its area, from which on explanations sit on it


@dataclass(frozen=True, kw_only=True)
class SharedMark:
    """Something in the same place in most images of a class and in few of the others.

    Attributes:
        label: The class.
        place: Where, in words: "lower left".
        area: Share of the image, with a margin of one cell, 0 to 1.
        heat: Share of the class's explanations on it, 0 to 1.
    """

    label: str
    place: str
    area: float
    heat: float

    @property
    def drawn(self) -> bool:
        """True if the explanations focus on it more than at random."""
        return self.heat >= DRAWN * self.area

    @property
    def sentence(self) -> str:
        """Sentence on the mark, for people."""
        seen = (
            "the explanations sit on it; if it is no part of the subject, the network reads it"
            if self.drawn
            else "the explanations do not seek it out, but another network may"
        )
        return (
            f"most of its images have the same steep edges ({self.place}), which other classes "
            f"lack; {self.heat:.0%} of the heat lies there, on {self.area:.0%} of the area: {seen}"
        )


def shared_marks(found: Explanations, classes: Sequence[str]) -> list[SharedMark]:
    """Such marks, a class at most one, in the order of the classes.

    Measured on eleven real sets: a marker burnt into one class is found in all at every size,
    from 15 % of the height; in the sets as they are, or blurred, noisy or with heat maps on all
    images, none is. Classes that differ in a fixed place, such as aligned digits, may have one.

    Args:
        found: Explanations of a sample of the images.
        classes: Names, by the number in `found.targets`.
    """
    known = [
        _mark(found, name, found.targets == k)
        for k, name in enumerate(classes)
        if min((found.targets == k).sum(), (found.targets != k).sum()) >= FEWEST
    ]
    return [mark for mark in known if mark is not None]


def _mark(found: Explanations, name: str, own: BoolArray) -> SharedMark | None:
    edged = found.edges > EDGED
    cells = (edged[own].mean(axis=0) >= OFTEN) & (edged[~own].mean(axis=0) <= SELDOM)
    heat = found.heat[own & ~found.degenerate]
    if not (cells.any() and len(heat)):
        return None
    wide = cv2.dilate(cells.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    shares = heat[:, wide].sum(axis=1) / heat.sum(axis=(1, 2))
    return SharedMark(
        label=name, place=_place(cells), area=float(wide.mean()), heat=float(shares.mean())
    )


def _place(cells: BoolArray) -> str:
    """The third of the height and of the width in which the middle of the cells lies."""
    rows, columns = (_third(where, cells.shape[0]) for where in np.argwhere(cells).T)
    height = ("upper", "middle", "lower")[rows]
    width = ("left", "centre", "right")[columns]
    return "centre" if (height, width) == ("middle", "centre") else f"{height} {width}"


def _third(positions: IntArray, size: int) -> int:
    return min(2, int(3 * (positions.mean() + 0.5) / size))
