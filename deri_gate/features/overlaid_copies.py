"""Copies that are less alike than the set asks for, and are one picture when laid over each other.

What the pictures of a set have in common is learnt from a sample, in which unknown copies are.
These raise what is asked of a pair, and so do pictures that are much alike, as small fundus
pictures are. What is left of two pictures that are laid over each other depends on no others.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.likeness import CROPPED, EQUAL, products_of
from deri_gate.features.overlay import crosswise, one_when_laid_over
from deri_gate.features.picture_set import in_halves
from deri_gate.features.waves import WIDTH

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.features.picture_set import PictureSet

EDITED = 0.11  # share of the detail up to which is left of the difference to an edited copy
LEAST = 0.7  # likeness below which no pair is laid over each other
FALSE = 0.3  # different pictures that may be taken for a copy by a picture's own limit, before
CROSSWISE = 0.1  # least part of the slopes across the main ones; edges that run one way have less
MOST = 1_000  # pairs that are laid over each other, which takes two seconds
BLOCK = 1024  # pairs at a time
FRAMED = 1 + max(view for pair in EQUAL + CROPPED for view in pair)  # views of the framings
ROUNDING = 0.01  # by which a quick look may take two for less alike


def overlaid_copies(pairs: IntArray, pictures: PictureSet) -> tuple[IntArray, FloatArray]:
    """Pairs of pictures that show one when laid over each other.

    Args:
        pairs: Positions of the pairs to look at, shape (M, 2).
        pictures: All pictures of the set.

    Returns:
        Those that are one picture, and how like they are; more than either is like others. Where
        many may be, the likest are looked at.
    """
    rows, likeness = _likest(pairs, pictures)
    left, right = pictures.thumbnails[pairs[rows].T]
    one = np.minimum(crosswise(left), crosswise(right)) >= CROSSWISE
    one[one] = one_when_laid_over(left[one], right[one], EDITED, pictures.workers)
    return pairs[rows[one]], likeness[one]


def _likest(pairs: IntArray, pictures: PictureSet) -> tuple[IntArray, FloatArray]:
    """Rows of the likest pairs that may be one and are apart from others, the likest first."""
    highest = _framed(pairs, pictures) + ROUNDING
    order = np.argsort(-highest, kind="stable")
    order = order[highest[order] >= LEAST]
    rows, likeness = np.empty(0, dtype=np.int64), np.empty(0)
    for start in range(0, len(order), BLOCK):
        if len(rows) >= MOST and likeness[MOST - 1] > highest[order[start]]:
            break
        found = _apart(order[start : start + BLOCK], pairs, pictures)
        rows, likeness = np.append(rows, found[0]), np.append(likeness, found[1])
        ranked = np.lexsort((rows, -likeness))
        rows, likeness = rows[ranked], likeness[ranked]
    return rows[:MOST], likeness[:MOST]


def _framed(pairs: IntArray, pictures: PictureSet) -> FloatArray:
    """Likeness of pairs in the best framing, by a quick look; shape (M,).

    None is more alike as a whole. To see all in every view would take several times as long.
    """
    shown, ends = np.unique(pairs, return_inverse=True)
    left, right = ends.reshape(-1, 2).T
    codes = [pictures.codes(view, WIDTH, in_halves, shown) for view in range(FRAMED)]
    framings = [products_of(codes[a][left], codes[b][right]) for a, b in EQUAL + CROPPED]
    return np.asarray(np.max(framings, axis=0))


def _apart(rows: IntArray, pairs: IntArray, pictures: PictureSet) -> tuple[IntArray, FloatArray]:
    """Rows of pairs, of some, that are more alike than either picture is like others."""
    limits = replace(pictures.likeness.limits, framed=LEAST, covered=np.inf)
    lenient = replace(pictures.likeness, limits=limits)
    views = pictures.views.of(pairs[rows])
    alike, likeness, _ = lenient.confirmed(views[:, 0], views[:, 1])
    rows, likeness, upright = rows[alike], likeness[alike], np.zeros(alike.sum(), dtype=bool)
    apart = lenient.crowding.distinct(
        pairs[rows],
        likeness,
        upright,
        pictures.thumbnails,
        false=FALSE,
        workers=pictures.workers,
    )
    return rows[apart], likeness[apart]
