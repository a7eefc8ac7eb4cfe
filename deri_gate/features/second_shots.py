"""Pairs that look like two neighbouring slices, or two shots of one thing: no edits of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.near_duplicates import saved_again
from deri_gate.features.overlaid_copies import EDITED
from deri_gate.features.overlay import left_over

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, IntArray
    from deri_gate.features.near_duplicates import NearDuplicates

LEAST_SIDE = 48  # px: in smaller pictures saving and noise change as much as the next slice does
MOST = 2_000  # pairs that are laid over each other, the least alike of all: four seconds


def second_shots_among(
    near: NearDuplicates, thumbnails: npt.NDArray[np.uint8], sides: IntArray
) -> BoolArray:
    """True for pairs of which neither is an edited copy of the other, shape (M,).

    Args:
        near: Pairs that are much alike.
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
        sides: Shorter side of each picture in pixels, shape (N,).
    """
    large = (sides[near.pairs] >= LEAST_SIDE).all(axis=1)
    looked_at = np.flatnonzero(large & (near.turns == 0))
    looked_at = looked_at[~saved_again(near.pairs[looked_at], thumbnails)]
    looked_at = looked_at[np.argsort(near.likeness[looked_at], kind="stable")][:MOST]
    left, right = near.pairs[looked_at].T
    second = np.zeros(len(near.pairs), dtype=bool)
    second[looked_at] = left_over(thumbnails[left], thumbnails[right]) > EDITED
    return second
