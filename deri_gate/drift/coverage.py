"""Density and coverage of a batch among a baseline (Naeem et al., 2020)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.drift.records import Spread

if TYPE_CHECKING:
    from deri_gate.dataset import IntArray
    from deri_gate.metric import FloatArray

K = 5  # neighbours that span a neighbourhood, as in the paper's experiments
AT_ONCE = 2**24  # similarities held at a time


def density_and_coverage(
    baseline: FloatArray, batch: FloatArray, neighbours: IntArray, *, k: int = K
) -> Spread:
    """Where the batch lies: in dense parts of the baseline, and in all of them or a few.

    Each image of the baseline has a ball that reaches to its k-th nearest other image. Density
    counts the balls an image of the batch lies in, over k; coverage the balls that hold one.

    Args:
        baseline: Unit vectors, shape (N, d), N > k.
        batch: Unit vectors, shape (n, d).
        neighbours: Positions of each baseline image's nearest others, nearest first, at least k
            of them, shape (N, k or more).
        k: Neighbours that span a ball.
    """
    reach = _cosine_to(baseline, neighbours[:, k - 1])
    inside, covered = 0, np.zeros(len(baseline), dtype=bool)
    rows = max(1, AT_ONCE // len(baseline))
    for start in range(0, len(batch), rows):
        within = batch[start : start + rows] @ baseline.T >= reach
        inside += int(np.count_nonzero(within))
        covered |= within.any(axis=0)
    return Spread(
        density=inside / (k * len(batch)),
        coverage=float(covered.mean()),
        expected_coverage=expected_coverage(len(baseline), len(batch), k=k),
    )


def _cosine_to(vectors: FloatArray, others: IntArray) -> FloatArray:
    found = np.empty(len(vectors), dtype=vectors.dtype)
    for start in range(0, len(vectors), 4096):
        part = slice(start, start + 4096)
        found[part] = (vectors[part] * vectors[others[part]]).sum(axis=1)
    return found


def expected_coverage(count: int, batch: int, *, k: int = K) -> float:
    """Coverage expected when both come from one source, whatever it is (the paper's equation 10).

    A ball stays empty when the k nearest of its N - 1 + n others are all of the baseline.
    """
    steps = np.arange(1, k + 1)
    return float(1 - np.prod((count - steps) / (batch + count - steps)))
