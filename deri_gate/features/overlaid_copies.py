"""Copies that are less alike than the set asks for, and are one picture when laid over each other.

What the pictures of a set have in common is learnt from a sample, in which unknown copies are.
These raise what is asked of a pair, and so do pictures that are much alike, as small fundus
pictures are. What is left of two pictures that are laid over each other depends on no others.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.overlay import crosswise, left_over
from deri_gate.runtime.engine import map_in_order

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.features.likeness import Vectors
    from deri_gate.features.picture_set import PictureSet

EDITED = 0.11  # share of the detail up to which is left of the difference to an edited copy
LEAST = 0.7  # likeness below which no pair is laid over each other
FALSE = 0.3  # different pictures that may be taken for a copy by a picture's own limit, before
CROSSWISE = 0.1  # least part of the slopes across the main ones; edges that run one way have less
MOST = 1_000  # pairs that are laid over each other, which takes two seconds
BLOCK = 1024  # pairs at a time


def overlaid_copies(pairs: IntArray, pictures: PictureSet) -> tuple[IntArray, FloatArray]:
    """Pairs of pictures that show one when laid over each other.

    Args:
        pairs: Positions of the pairs to look at, shape (M, 2).
        pictures: All pictures of the set.

    Returns:
        Those that are one picture, and how like they are; more than either is like others. Where
        many may be, the likest are looked at.
    """
    rows, likeness = _apart(pairs, pictures)
    likest = np.argsort(-likeness, kind="stable")[:MOST]
    rows, likeness = rows[likest], likeness[likest]
    left, right = pictures.thumbnails[pairs[rows].T]
    one = np.minimum(crosswise(left), crosswise(right)) >= CROSSWISE
    one[one] = left_over(left[one], right[one], pictures.workers) <= EDITED
    return pairs[rows[one]], likeness[one]


def _apart(pairs: IntArray, pictures: PictureSet) -> tuple[IntArray, FloatArray]:
    """Rows of the pairs that may be one picture and are more alike than either is like others."""
    limits = replace(pictures.likeness.limits, framed=LEAST, covered=np.inf)
    lenient = replace(pictures.likeness, limits=limits)

    def apart_of(looked: tuple[IntArray, Vectors]) -> tuple[IntArray, FloatArray]:
        rows, views = looked
        alike, likeness, _ = lenient.confirmed(views[:, 0], views[:, 1])
        rows, likeness, upright = rows[alike], likeness[alike], np.zeros(alike.sum(), dtype=bool)
        apart = lenient.crowding.distinct(
            pairs[rows], likeness, upright, pictures.thumbnails, false=FALSE
        )
        return rows[apart], likeness[apart]

    starts = range(0, max(1, len(pairs)), BLOCK)
    parts = (np.arange(start, min(start + BLOCK, len(pairs))) for start in starts)
    looked = ((rows, pictures.views.of(pairs[rows])) for rows in parts)
    found = map_in_order(apart_of, looked, workers=pictures.workers)
    every, likenesses = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return every, likenesses
