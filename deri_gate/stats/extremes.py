"""Tests of the few that lie beyond the others, which move no rank test of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.stats.rank_tests import more_common, more_common_among, stratified_rank_test

if TYPE_CHECKING:
    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.stats.clusters import Groups

ORDINARY = 0.8  # share of its stratum up to which a value is none that was nearly extreme
EXTREME = 0.95  # share of its stratum above which a value is extreme
UNLIKELY = 0.01  # p of a few extremes, from which on a test tells of them alone
MOST_OF_THEM = 0.5  # share from which on extremes are not few
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
    some = groups._replace(asked=groups.asked[asked], others=groups.others[beside])
    return more_common_among(hits, other_hits, some)


def became_extreme(
    before: FloatArray,
    after: FloatArray,
    strata: IntArray,
    others: FloatArray,
    other_strata: IntArray,
    *,
    least: float,
) -> tuple[float, BoolArray]:
    """Test whether more paired values rose to an extreme than came back from one.

    The sign test of the pairs that went from the lower four fifths of their stratum to beyond its
    95 %, or the other way. What moves all a little moves none so far.

    Args:
        before: Values of the pairs, shape (n,); higher is suspected. NaN is left out.
        after: Values of the pairs later, shape (n,).
        strata: Class of each before, shape (n,).
        others: Values to stand among, shape (m,).
        other_strata: Class of each, shape (m,).
        least: Smallest change that counts.

    Returns:
        The p-value, 0 to 1, and the pairs that rose to an extreme, shape (n,).
    """
    large, sizes = np.unique(other_strata[np.isfinite(others)], return_counts=True)
    known = np.isfinite(before) & np.isfinite(after) & np.isin(strata, large[sizes >= LEAST])
    change = np.where(known, after, 0.0) - np.where(known, before, 0.0)
    was, now = (_ranks(values, strata, others, other_strata) for values in (before, after))
    rose = (change > least) & (was <= ORDINARY) & (now > EXTREME)
    fell = (change < -least) & (was > EXTREME) & (now <= ORDINARY)
    count = int(rose.sum())
    p = float(scipy.special.bdtrc(count - 1, count + int(fell.sum()), 0.5)) if count else 1.0
    return p, rose


def _ranks(
    values: FloatArray, strata: IntArray, others: FloatArray, other_strata: IntArray
) -> FloatArray:
    """Share of the others of its stratum that lie below each value."""
    return stratified_rank_test(values, strata, others, other_strata).contributions
