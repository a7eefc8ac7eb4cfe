"""Are the classes of like size?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.metrics.base import Answer, Metric

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from deri_gate.arrays import FloatArray


def imbalance(membership: csr_array) -> Answer:
    """Effective class-size diversity: the chance that two images are of different classes.

    1 - sum of p² over the classes (Gini-Simpson), p the share of each. Named after what it
    watches: a low value is an imbalanced set.

    Args:
        membership: Which image is of which class, 0/1, shape (N, K). An image of two classes
            counts in both.

    Returns:
        No unit, 0 (one class only) to 1 - 1/K (all of one size). Higher is better.
    """

    def statistic(weights: FloatArray) -> FloatArray:
        sizes = np.asarray(weights @ membership, dtype=float)
        shares = sizes / sizes.sum(axis=1, keepdims=True)
        return np.asarray(1.0 - (shares**2).sum(axis=1))

    return Answer(statistic=statistic)


METRIC = Metric(
    name="imbalance",
    title="Class balance",
    better="higher",
    low=0.0,
    high=1.0,
    unit="",
    spread_floor=0.02,
    hurt_by="imbalance",
    advice="Collect more of the small classes, or say that their share is meant.",
    source="Simpson (1949), doi:10.1038/163688a0; DERI1000, section 3.2",
    published_weight=0.3319,
    compute=imbalance,
)
