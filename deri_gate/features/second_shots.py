"""Pairs that look like two neighbouring slices, or two shots of one thing: no edits of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.kept_arrays import kept_arrays
from deri_gate.features.near_duplicates import saved_again
from deri_gate.features.overlaid_copies import EDITED
from deri_gate.features.overlay import VERSION, left_outside, left_over

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.features.kept_arrays import Arrays
    from deri_gate.features.near_duplicates import NearDuplicates
    from deri_gate.runtime.store import Store

LEAST_SIDE = 48  # px: in smaller pictures saving and noise change as much as the next slice does
MOST = 2_000  # pairs that are laid over each other, the least alike of all: four seconds


def second_shots_among(
    near: NearDuplicates,
    thumbnails: npt.NDArray[np.uint8],
    sides: IntArray,
    store: Store | None = None,
    workers: int = 1,
) -> BoolArray:
    """True for listed pairs of which neither is an edited copy of the other, shape (M,).

    Args:
        near: Pairs that are much alike. Those of which one lacks a part are copies: what is gone
            would be left over. So are those that were turned.
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
        sides: Shorter side of each picture in pixels, shape (N,).
        store: Where it is kept what was left of the pairs; None for nowhere.
        workers: Threads that lay them over each other; 0 for as many as there are processors.
    """
    listed, further = near.listed, np.concatenate([near.partial[0], near.augmented[0]])
    pairs, number = listed.pairs, np.array([len(thumbnails), 1])
    large = (sides[pairs] >= LEAST_SIDE).all(axis=1)
    whole = ~np.isin(pairs @ number, further @ number)
    looked_at = np.flatnonzero(large & whole & (listed.turns == 0))
    looked_at = looked_at[~saved_again(pairs[looked_at], thumbnails)]
    looked_at = looked_at[np.argsort(listed.likeness[looked_at], kind="stable")][:MOST]
    second = np.zeros(len(pairs), dtype=bool)
    left, right = thumbnails[pairs[looked_at].T]
    second[looked_at] = _left_over(left, right, store, workers) > EDITED
    return second


def _left_over(
    left: npt.NDArray[np.uint8], right: npt.NDArray[np.uint8], store: Store | None, workers: int
) -> FloatArray:
    """Remainder of each pair, kept by the pictures; shape (M,)."""
    if store is None or not len(left):
        return _least_left(left, right, workers)

    def check(arrays: Arrays) -> None:
        if arrays["left"].shape != (len(left),):
            raise ValueError(arrays["left"].shape)

    kept = kept_arrays(
        store, f"overlay-{VERSION}", [left, right],
        lambda: {"left": _least_left(left, right, workers)}, check=check,
    )  # fmt: skip
    return kept["left"]


def _least_left(
    left: npt.NDArray[np.uint8], right: npt.NDArray[np.uint8], workers: int
) -> FloatArray:
    """Remainder of each pair, all of it moved, or as it is but for a third; shape (M,)."""
    return np.minimum(left_over(left, right, workers), left_outside(left, right, workers))
