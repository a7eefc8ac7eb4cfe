"""Test of the few that lie beyond the others, which move no rank test of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.stats.clusters import Groups
from deri_gate.stats.rank_tests import more_common, more_common_among, stratified_rank_test

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray, IntArray

EXTREME = 0.95  # share of its stratum above which a value is extreme
LEAST = 20  # values of a stratum, so that a twentieth of them is one
# Share that may be extreme besides: what a shift that is a trifle to the rank test makes of 5 %.
TRIFLE = 0.02


def more_extremes(
    values: FloatArray,
    strata: IntArray,
    others: FloatArray,
    other_strata: IntArray,
    groups: Groups | None = None,
) -> float:
    """Test whether more values are extreme among the others of their stratum than at random.

    Fisher's exact test of how many lie above 95 % of the others of their stratum, as if 7 % of
    these did so, not 5 %: thousands of values make no trifle sure. Strata of less than twenty
    others are left out.

    Args:
        values: Values of the tested images, shape (n,); higher is suspected. NaN is left out.
        strata: Class of each, shape (n,).
        others: Values to stand among, shape (m,).
        other_strata: Class of each, shape (m,).
        groups: What comes as one; None where each image is drawn by itself.

    Returns:
        The p-value, 0 to 1.
    """
    known = np.isfinite(others)
    large, sizes = np.unique(other_strata[known], return_counts=True)
    large = large[sizes >= LEAST]
    asked = np.isfinite(values) & np.isin(strata, large)
    beside = known & np.isin(other_strata, large)
    among = others[beside], other_strata[beside]
    hits = _ranks(values[asked], strata[asked], *among) > EXTREME
    other_hits = _ranks(*among, *among) > EXTREME - TRIFLE
    if groups is None:
        return more_common(int(hits.sum()), len(hits), int(other_hits.sum()), len(other_hits))
    return more_common_among(hits, other_hits, Groups(groups.asked[asked], groups.others[beside]))


def _ranks(
    values: FloatArray, strata: IntArray, others: FloatArray, other_strata: IntArray
) -> FloatArray:
    """Share of the others of its stratum that lie below each value."""
    return stratified_rank_test(values, strata, others, other_strata).contributions
