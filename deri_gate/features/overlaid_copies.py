"""Copies that are less alike than the set asks for, and are one picture when laid over each other.

What the pictures of a set have in common is learnt from a sample, in which unknown copies are.
These raise what is asked of a pair, and so do pictures that are much alike, as small fundus
pictures are. What is left of two pictures that are laid over each other depends on no others.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.overlay import left_over

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.features.picture_set import PictureSet

EDITED = 0.11  # share of the detail up to which is left of the difference to an edited copy
LEAST = 0.7  # likeness below which no pair is laid over each other
FALSE = 0.3  # different pictures that may be taken for a copy by a picture's own limit, before
BLOCK = 1024  # pairs at a time


def overlaid_copies(pairs: IntArray, pictures: PictureSet) -> tuple[IntArray, FloatArray]:
    """Pairs of pictures that show one when laid over each other.

    Args:
        pairs: Positions of the pairs to look at, shape (M, 2).
        pictures: All pictures of the set.

    Returns:
        Those that are one picture, and how like they are; more than either is like others.
    """
    limits = replace(pictures.likeness.limits, framed=LEAST, covered=np.inf)
    lenient, shown = replace(pictures.likeness, limits=limits), pictures.thumbnails
    best = np.full(len(pairs), -1.0)
    for start in range(0, len(pairs), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(pairs)))
        views = pictures.views.of(pairs[rows])
        alike, likeness, _ = lenient.confirmed(views[:, 0], views[:, 1])
        rows, likeness = rows[alike], likeness[alike]
        upright = np.zeros(len(rows), dtype=bool)
        apart = lenient.crowding.distinct(pairs[rows], likeness, upright, shown, false=FALSE)
        rows, likeness = rows[apart], likeness[apart]
        one = left_over(shown[pairs[rows, 0]], shown[pairs[rows, 1]]) <= EDITED
        best[rows[one]] = likeness[one]
    return pairs[best > 0], best[best > 0]
