"""Whether labels agree with those of similar images of the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from deri_gate.dataset import BoolArray, IntArray
    from deri_gate.metric import FloatArray

AT_ONCE = 2**24  # similarities held at a time


def disagreement(embeddings: FloatArray, classes: BoolArray, neighbours: IntArray) -> FloatArray:
    """Share of the nearest images of the baseline that have no class in common with an image.

    No model is asked: one that was fitted to the baseline would know its images better than
    those of the batch, and the two would differ without any drift.

    Args:
        embeddings: Unit vectors of the baseline's N images, then of the batch's n, (N + n, d).
        classes: Which is of which class, in the same order, shape (N + n, K).
        neighbours: Of each image of the baseline its nearest others in it, shape (N, k).

    Returns:
        0 to 1, shape (N + n,).
    """
    count, k = neighbours.shape
    found = nearest_in(embeddings[:count], embeddings[count:], k)
    every = np.concatenate([neighbours, found])
    shares = np.empty(len(every))
    for start in range(0, len(every), 1024):
        part = slice(start, start + 1024)
        common = (classes[every[part]] & classes[part, None, :]).any(axis=2)
        shares[part] = 1 - common.mean(axis=1)
    return shares


def nearest_in(baseline: FloatArray, others: FloatArray, k: int) -> IntArray:
    """Positions of the k vectors of the baseline that are nearest to each, in no order, (n, k)."""
    found = np.empty((len(others), k), dtype=np.int64)
    rows = max(1, AT_ONCE // len(baseline))
    for start in range(0, len(others), rows):
        alike = others[start : start + rows] @ baseline.T
        found[start : start + rows] = np.argpartition(-alike, k - 1, axis=1)[:, :k]
    return found
