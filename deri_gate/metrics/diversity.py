"""Do the images differ from each other?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.errors import UnmeasurableError
from deri_gate.metric import Answer, Metric

if TYPE_CHECKING:
    from deri_gate.metric import FloatArray

BLOCK = 4096  # images a block: 40 MB of double precision at 1,280 dimensions


def diversity(embeddings: FloatArray) -> Answer:
    """How different two images are on average: mean pairwise cosine distance.

    The sum over all pairs is a norm: |sum x|² = sum |x|² + sum over pairs of x·y, so that the
    cost is O(N d) and no N x N matrix is made. An image drawn twice by the bootstrap is not
    compared with itself.

    Args:
        embeddings: Unit vectors, shape (N, d), N >= 2.

    Returns:
        No unit, 0 (all alike) to 2. Higher is better.

    Raises:
        UnmeasurableError: For a single image.
    """
    if len(embeddings) < 2:  # noqa: PLR2004
        raise UnmeasurableError("a single image differs from nothing")

    def statistic(weights: FloatArray) -> FloatArray:
        total, squares = weights.sum(axis=1), (weights**2).sum(axis=1)
        alike = (weighted_sum(weights, embeddings) ** 2).sum(axis=1) - squares
        pairs = total**2 - squares
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(pairs > 0, 1.0 - alike / pairs, np.nan)

    return Answer(statistic=statistic)


def weighted_sum(weights: FloatArray, vectors: FloatArray) -> FloatArray:
    """`weights @ vectors` in double precision, in blocks: shapes (B, N), (N, d) to (B, d)."""
    total = np.zeros((len(weights), vectors.shape[1]))
    for start in range(0, len(vectors), BLOCK):
        part = slice(start, start + BLOCK)
        total += weights[:, part].astype(float) @ vectors[part].astype(float)
    return total


METRIC = Metric(
    name="diversity",
    title="Diversity",
    better="higher",
    low=-1e-6,
    high=2.0,
    unit="",
    spread_floor=0.01,
    hurt_by="diversity",
    advice="Collect from more patients, devices or conditions.",
    source="DERI1000, section 3.2",
    compute=diversity,
)
