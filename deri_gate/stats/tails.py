"""Likeness that only few pairs of different pictures have, foretold from a sample of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.stats.spread import quantile

if TYPE_CHECKING:
    from deri_gate.arrays import BoolArray, FloatArray

TAIL = 0.001  # share of pairs from whose likeness that of the likest is foretold
WIDER = 10  # times as large is the other share
FEW = 5  # pairs that lie above that likeness, at least


def foretold(likeness: FloatArray, share: float, among: BoolArray) -> float:
    """Likeness above which this share of the pairs of different pictures lies.

    Far out, each tenth of the share lies as much farther on the scale of Fisher's transform as
    the tenth before: so it is on films, fundus pictures, cells, lesions and digits, from a
    hundredth of the pairs to a millionth.

    Args:
        likeness: Likeness of all pairs of a sample, shape (n, n).
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
    quantiles = [quantile(pairs, part) for part in (1 - WIDER * tail, 1 - tail)]
    near, there = np.arctanh(np.clip(quantiles, 0.0, 0.999))
    of_pairs = share * len(likeness) * (len(likeness) - 1) / (2 * len(pairs))
    decades = np.log10(tail / min(of_pairs, 0.5))
    return float(max(0.0, np.tanh(there + (there - near) * decades)))


def foretold_each(likeness: FloatArray, share: float, few: int = FEW) -> FloatArray:
    """Likeness above which this share of all pictures lies, for each picture by its own tail.

    Args:
        likeness: Likeness of pictures to those of a sample, shape (M, n).
        share: Share of all pictures, as low as one likes.
        few: Rank of the likest that is looked at; those before it may be copies.

    Returns:
        Shape (M,); -1 for samples of few pictures.
    """
    count = likeness.shape[1]
    if count < 4 * WIDER * few:
        return np.full(len(likeness), -1.0)
    highest = np.partition(likeness, count - WIDER * few, axis=1)[:, -WIDER * few :]
    ends = highest[:, 0], np.partition(highest, -few, axis=1)[:, -few]  # both at once takes longer
    near, there = (np.arctanh(np.clip(end, 0.0, 0.999)) for end in ends)
    decades = np.log10(few / count / min(share, few / count)) / np.log10(WIDER)
    return np.asarray(np.tanh(there + (there - near) * decades))
