"""Mean and deviation of each column of an array that may not fit into memory twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.runtime.large_arrays import blocks_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.arrays import FloatArray


def column_moments(features: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of each column, shapes (d,), in double precision.

    To the bit those of NumPy, which makes two more arrays of this shape for them.

    Args:
        features: Shape (N, d), N >= 1.
    """
    count = len(features)
    mean = _sum(features[rows].astype(np.float64) for rows in blocks_of(features)) / count
    squares = ((features[rows] - mean) ** 2 for rows in blocks_of(features))
    return mean, np.sqrt(_sum(squares) / count)


def _sum(blocks: Iterator[FloatArray]) -> FloatArray:
    """Sum of all rows, added one after the other, whatever blocks they come in."""
    total = next(blocks).sum(axis=0)
    for block in blocks:
        total = np.concatenate([total[None], block]).sum(axis=0)
    return np.asarray(total)
