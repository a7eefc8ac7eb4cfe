"""Density and coverage of a batch among a baseline (Naeem et al., 2020)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.drift.records import Coverage

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray, IntArray

K = 5  # neighbours that span a neighbourhood, as in the paper's experiments
BALLS = 10_000  # neighbourhoods looked at; coverage is then within 0.01 of that of all
AT_ONCE = 2**24  # similarities held at a time


def density_and_coverage(
    baseline: FloatArray,
    batch: FloatArray,
    neighbours: IntArray,
    *,
    rng: np.random.Generator,
    k: int = K,
    balls: int = BALLS,
) -> Coverage:
    """Density and coverage of the batch among the images of the baseline.

    Each image of the baseline has a ball that reaches to its k-th nearest other image. Density
    counts the balls an image of the batch lies in, over k; coverage the balls that hold one. Of a
    large baseline some balls stand for all: each spans what it would, and time stays linear.

    Args:
        baseline: Unit vectors, shape (N, d), N > k.
        batch: Unit vectors, shape (n, d).
        neighbours: Positions of each baseline image's nearest others, nearest first, at least k
            of them, shape (N, k or more).
        rng: Seeded; draws the balls that are looked at, where there are more.
        k: Neighbours that span a ball.
        balls: How many are looked at.
    """
    seen = np.arange(len(baseline))
    if len(seen) > balls:
        seen = np.sort(rng.choice(seen, balls, replace=False))
    centres = baseline[seen]
    reach = (centres * baseline[neighbours[seen, k - 1]]).sum(axis=1)
    inside, covered = 0, np.zeros(len(seen), dtype=bool)
    rows = max(1, AT_ONCE // len(seen))
    for start in range(0, len(batch), rows):
        within = batch[start : start + rows] @ centres.T >= reach
        inside += int(np.count_nonzero(within))
        covered |= within.any(axis=0)
    return Coverage(
        density=inside / (k * len(batch)) * len(baseline) / len(seen),
        coverage=float(covered.mean()),
        expected_coverage=expected_coverage(len(baseline), len(batch), k=k),
    )


def expected_coverage(count: int, batch: int, *, k: int = K) -> float:
    """Coverage expected when both come from one source, whatever it is (the paper's equation 10).

    A ball stays empty when the k nearest of its N - 1 + n others are all of the baseline.
    """
    steps = np.arange(1, k + 1)
    return float(1 - np.prod((count - steps) / (batch + count - steps)))
