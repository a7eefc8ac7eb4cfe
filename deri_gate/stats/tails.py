"""Likeness that only few pairs of different pictures have, foretold from a sample of them."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from deri_gate.arrays import BoolArray, FloatArray

TAIL = 0.001  # share of pairs from whose likeness that of the likest is foretold
WIDER = 10  # times as large is the other share
FEW = 5  # pairs that lie above that likeness, at least


def foretold(likeness: FloatArray, share: float, among: BoolArray) -> float:
    """Likeness above which this share of the pairs of different pictures lies.

    Far out, likenesses are about normal on the scale of Fisher's transform: those that a
    hundredth and a thousandth of the pairs pass foretell the one that a millionth do.

    Args:
        likeness: Of all pairs of a sample, shape (n, n).
        share: Share of all pairs, as low as one likes.
        among: True for pairs that count: no others can lie above it, shape (n, n).

    Returns:
        At least 0; that for samples of few pairs.
    """
    counts = np.triu(among, 1)
    pairs = likeness[counts]
    if len(pairs) < 4 * WIDER * FEW:
        return 0.0
    tail = max(TAIL, FEW / len(pairs))
    tails = (WIDER * tail, tail)
    there = np.arctanh(np.clip(np.quantile(pairs, [1 - part for part in tails]), 0.0, 0.999))
    share *= len(likeness) * (len(likeness) - 1) / (2 * len(pairs))
    low, high, far = (-NormalDist().inv_cdf(part) for part in (*tails, min(share, 0.5)))
    slope = (there[1] - there[0]) / (high - low)
    return float(max(0.0, np.tanh(there[1] + slope * (far - high))))
