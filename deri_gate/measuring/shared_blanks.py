"""Pairs of pictures that share a blank part or a frame, and are no copies beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from deri_gate.features.overlay import left_over
from deri_gate.features.waves import SIDE
from deri_gate.measuring.frames import NARROW, plain_strips, straightness

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, IntArray
    from deri_gate.features.near_duplicates import NearDuplicates

    Pictures = npt.NDArray[np.uint8]
    Part = tuple[slice, slice]

LEAST = 0.15  # share of the area that two must have blank at the same sides to be looked at
# What is left of two that are no copies when the parts beside the blanks are laid over each other:
# copies have up to .14, neighbouring slices up to .33, others from .25 on and mostly more than .5.
OTHERWISE = 0.35
MOST = 2_000  # pairs that are laid over each other, which takes four seconds


def without_shared_blanks(
    near: NearDuplicates, thumbnails: Pictures, workers: int = 1
) -> NearDuplicates:
    """Take pairs that only a blank part makes alike off the list; in the metric they count.

    Few pictures of a set have one. So it is the main thing about them, and two that share it are
    more alike than either is like others. Of very many pairs the least alike are looked at.

    Args:
        near: The pairs that were found.
        thumbnails: 32 x 32 grey levels of all pictures, shape (N, 32, 32).
        workers: Threads; 0 for as many as there are processors.
    """
    asked = np.flatnonzero(near.distinct & (near.turns == 0) & (near.likeness < 1))
    asked = asked[np.argsort(near.likeness[asked], kind="stable")][:MOST]
    distinct, (partial, likeness) = near.distinct.copy(), near.partial
    distinct[asked] = ~_alike_by_blanks(near.pairs[asked], thumbnails, workers)
    kept = ~_alike_by_blanks(partial, thumbnails, workers)
    return replace(near, distinct=distinct, partial=(partial[kept], likeness[kept]))


def _alike_by_blanks(pairs: IntArray, thumbnails: Pictures, workers: int) -> BoolArray:
    """True for pairs that share a blank part and differ beside it, shape (M,)."""
    shown, ends = np.unique(pairs, return_inverse=True)
    left, right = ends.reshape(-1, 2).T
    blank, strips = straightness(thumbnails[shown]) > 0, plain_strips(thumbnails[shown])
    parts = {
        row: part
        for row in np.flatnonzero(blank[left] & blank[right]).tolist()
        if (part := _beside_blanks(strips[left[row]], strips[right[row]])) is not None
    }
    alike = np.zeros(len(pairs), dtype=bool)
    if parts:
        beside = [[_whole(thumbnails[i][part]) for i in pairs[row]] for row, part in parts.items()]
        one, other = np.array(beside).swapaxes(0, 1)
        alike[[*parts]] = left_over(one, other, workers) > OTHERWISE
    return alike


def _beside_blanks(one: IntArray, other: IntArray) -> Part | None:
    """Part of two thumbnails beside the blanks of both; None where they share or show too little.

    Args:
        one: Plain rows at the top and bottom, and columns on the left and right, shape (4,).
        other: Those of the other.
    """
    height, width = SIDE - np.minimum(one, other).reshape(2, 2).sum(axis=1)
    top, bottom, left, right = np.maximum(one, other).tolist()
    if height * width > (1 - LEAST) * SIDE**2 or SIDE - max(top + bottom, left + right) < NARROW:
        return None
    return slice(top, SIDE - bottom), slice(left, SIDE - right)


def _whole(part: Pictures) -> Pictures:
    """A part of a thumbnail at the size of a whole one."""
    return np.asarray(cv2.resize(part, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), np.uint8)
