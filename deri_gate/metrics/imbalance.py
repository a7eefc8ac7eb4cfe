"""Are the classes of like size?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.metrics.base import Answer, Metric

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from deri_gate.arrays import FloatArray


def imbalance(membership: csr_array) -> Answer:
    """Balance of the classes: how close the chance that two images differ in class is to its best.

    1 - sum of p² over the classes (Gini-Simpson), over 1 - 1/K, which it has when all K are of
    one size. So two classes can be as balanced as a hundred, which the paper's words, without the
    denominator, deny: a balanced pair has .5 there, ten classes at 11 to 1 have more. A class
    without an image is one of the K where the dataset names it.

    Args:
        membership: Which image is of which class, 0/1, shape (N, K). An image of two classes
            counts in both.

    Returns:
        No unit, 0 (one class only) to 1 (all of one size). Higher is better. A single class
        is 0/0; it counts as 0, the worst.
    """
    count = membership.shape[1]
    best = 1.0 - 1.0 / count if count > 1 else 1.0
    plain = paper_imbalance(membership).statistic
    return Answer(statistic=lambda weights: np.minimum(1.0, plain(weights) / best))


def paper_imbalance(membership: csr_array) -> Answer:
    """Effective class-size diversity: the chance that two images are of different classes.

    1 - sum of p² over the classes (Gini-Simpson), p the share of each: the paper's words.

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
    spread_floor=0.2,  # half of the pool is balanced by design, which says little of the rest
    hurt_by="imbalance",
    advice="Collect more of the small classes, or waive the limit if their share is meant.",
    source="Simpson (1949), doi:10.1038/163688a0; DERI1000, section 3.2",
    published_weight=0.3319,
    version=2,
    compute=imbalance,
)
METRIC = replace(
    METRIC, paper=replace(METRIC, spread_floor=0.02, version=1, compute=paper_imbalance)
)
