"""Likeness of many different images that share one perceptual hash, compared in blocks.

Real sets hold few of them. Whoever makes hundreds on purpose wants a copy among them to be passed
over, so none is; but their pairs are too many to be listed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from deri_gate.arrays import FloatArray, IntArray

ROWS, COLUMNS = 4096, 1024  # of a block of likenesses that is held at once
ROUNDING = 1e-4  # by which a likeness may differ from the same one computed by itself


def crowded_pairs(
    hashes: npt.NDArray[np.uint64],
    late: IntArray,
    *,
    distance: int,
    vectors: Callable[[IntArray], FloatArray],
    alike: float,
) -> Iterator[IntArray]:
    """Pairs that connect late images with all that are like them, directly or by others.

    Of each block the likest pairs that connect it are kept, so that what is connected by pairs
    above any likeness stays so.

    Args:
        hashes: Hashes of all images, shape (N,).
        late: Positions of those to be compared here.
        distance: Bits in which the hashes of a pair may differ.
        vectors: Gives unit vectors at positions, whose products are likenesses.
        alike: Likeness from which two are a pair; may be missed by `ROUNDING`.

    Yields:
        Positions, shape (M, 2), the first smaller.
    """
    for one in np.unique(hashes[late]):
        own = late[hashes[late] == one]
        others = np.flatnonzero(np.bitwise_count(hashes ^ one) <= distance)
        for start in range(0, len(own), ROWS):
            rows = own[start : start + ROWS]
            left = vectors(rows)
            for begin in range(0, len(others), COLUMNS):
                columns = others[begin : begin + COLUMNS]
                yield _connecting(rows, columns, left @ vectors(columns).T, alike - ROUNDING)


def _connecting(rows: IntArray, columns: IntArray, likeness: FloatArray, alike: float) -> IntArray:
    """Pairs of a block that are alike: all, or where they are many the likest that connect it."""
    here, there = np.nonzero((likeness >= alike) & (rows[:, None] != columns))
    if len(here) > len(rows) + len(columns):
        here, there = _spanning(here, there, likeness)
    return np.sort(np.stack([rows[here], columns[there]], axis=1), axis=1)


def _spanning(here: IntArray, there: IntArray, likeness: FloatArray) -> tuple[IntArray, IntArray]:

    count = sum(likeness.shape)
    apart = 2.0 - likeness[here, there].astype(np.float64)  # 0 would be no edge
    edges = scipy.sparse.coo_array((apart, (here, there + len(likeness))), shape=(count, count))
    tree = scipy.sparse.csgraph.minimum_spanning_tree(edges.tocsr()).tocoo()
    low, high = np.minimum(tree.row, tree.col), np.maximum(tree.row, tree.col)
    return low.astype(np.int64), high.astype(np.int64) - len(likeness)
