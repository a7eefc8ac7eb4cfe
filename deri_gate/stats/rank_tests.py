"""Exact tests and rank tests, pure functions of arrays.

All of them are one-sided against "no more than a trifle": what they call sure is larger than a
stated smallest effect, so that thousands of images do not turn a trifle into an alarm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import scipy

from deri_gate.stats.clusters import (
    Groups,
    Stratum,
    clustered,
    effective,
    inside,
    opponents,
    order_of_units,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.arrays import BoolArray, FloatArray, IntArray

TRIFLE = 0.1  # effect that counts as none: 55 % of the comparisons instead of 50 %
FEW = 20  # values up to which their sum may be far from normal; of more, a few move no trifle


class RankTest(NamedTuple):
    """Result of a test.

    Attributes:
        effect: 0 for no difference, 1 at most; above 0 in the direction asked about.
        p: Probability of at least this much by chance.
        contributions: Contribution of each tested image, shape (n,); NaN for none.
        open: Whether chance could have answered otherwise; not where all images are alike.
    """

    effect: float
    p: float
    contributions: FloatArray
    open: bool = True


def stratified_rank_test(
    values: FloatArray,
    strata: IntArray,
    others: FloatArray,
    other_strata: IntArray,
    groups: Groups | None = None,
) -> RankTest:
    """Test whether values rank higher among the others of their stratum than at random.

    Van Elteren's (1960) stratified rank-sum test, every value of equal weight. A stratum
    without others is compared with all of them.

    Args:
        values: Values of the tested images, shape (n,); higher is suspected. NaN is left out.
        strata: Class of each, shape (n,).
        others: Values to stand among, shape (m,).
        other_strata: Class of each, shape (m,).
        groups: What comes as one; the test is then as sure as whole groups make it. None where
            each image is drawn by itself.

    Returns:
        Effect: rank-biserial correlation, -1 to 1; 1 when each value is above all the others.
        Contributions: the share of the others of its stratum that lie below, ties half.
    """
    contributions = np.full(len(values), np.nan)
    known, ok = np.isfinite(others), np.isfinite(values)
    shift, variance, parts, least = 0.0, 0.0, [], 1.0 if ok.sum() <= FEW else 0.0
    asked, units = (None, None) if groups is None else groups.units
    for rows, theirs, together in opponents(strata, other_strata, ok, known, groups):
        among = np.sort(others[theirs])
        if not among.size:
            continue
        low = np.searchsorted(among, values[rows], "left")
        high = np.searchsorted(among, values[rows], "right")
        contributions[rows] = (low + high) / (2 * len(among))
        shift += float((contributions[rows] - 0.5 * (1 + TRIFLE)).sum())
        apart = _rank_variance(values[rows], among)
        variance += apart
        least *= _as_high(values[rows], among) if least else 0.0
        if asked is not None and units is not None:
            both = asked[rows], units[theirs]
            parts.append(Stratum.of(values[rows], others[theirs], apart, both, inside=together))
    n = int(np.isfinite(contributions).sum())
    if not n:
        return RankTest(0.0, 1.0, contributions, open=False)
    effect = 2 * float(np.nanmean(contributions)) - 1
    gain, freedom = clustered(parts)
    p = max(_upper_tail(shift, variance + gain, freedom), least)
    order = order_of_units(parts)
    if order is not None:  # the surer of two, counted twice
        p = min(1.0, 2 * min(p, order))
    return RankTest(effect, p, contributions, open=variance > 0 and freedom > 0)


def _rank_variance(values: FloatArray, among: FloatArray) -> float:
    """Variance of the sum of the shares below, when all are exchangeable; ties lower it."""
    n, m = len(values), len(among)
    ties = np.unique(np.concatenate([values, among]), return_counts=True)[1].astype(float)
    total = n + m
    lost = float((ties**3 - ties).sum()) / (total * (total - 1))
    return n / (12 * m) * (total + 1 - lost)


def _as_high(values: FloatArray, among: FloatArray) -> float:
    """Share of all draws of as many that are as high place by place: no exact p is less.

    Where most values are equal, the variance is next to nothing, and one value above is sure by
    the normal law, though chance might have drawn it.
    """
    n, every = len(values), np.concatenate([values, among])
    ways, above = np.eye(1, n + 1)[0], 0  # by the number of values that are drawn so far
    for value in np.unique(values)[::-1]:
        reached = int((every >= value).sum())
        ways = np.convolve(ways, scipy.special.comb(reached - above, np.arange(n + 1)))[: n + 1]
        ways[: int((values >= value).sum())] = 0.0
        above = reached
    return float(ways[n] / scipy.special.comb(len(every), n))


def _upper_tail(shift: float, variance: float, freedom: float) -> float:
    """By the normal law, or Student's where the variance is known from so many groups only."""
    if variance <= 0 or freedom <= 0:  # all values are equal, or there is one group to go by
        return 1.0
    below = -shift / np.sqrt(variance)
    return float(
        scipy.special.ndtr(below) if np.isinf(freedom) else scipy.special.stdtr(freedom, below)
    )


def pairs_worsened(change: FloatArray, trifle: float) -> RankTest:
    """Test whether paired values rose more often and further than at random.

    Wilcoxon's signed-rank test of `change - trifle`; exact for few pairs without ties.

    Args:
        change: After minus before, shape (n,); above 0 is what is suspected. NaN left out.
        trifle: What is still no change, in the unit of `change`, at least 0.

    Returns:
        Effect: share of the pairs that rose by more than the trifle minus that of those that
        fell by more, -1 to 1. Contributions: the change.
    """
    finite = change[np.isfinite(change)]
    if not (np.abs(finite) > trifle).any():
        return RankTest(0.0, 1.0, change, open=False)
    effect = float((finite > trifle).mean() - (finite < -trifle).mean())
    beyond = finite - trifle
    beyond = beyond[beyond != 0]
    if not beyond.size or effect <= 0:
        return RankTest(effect, 1.0, change)
    few = len(beyond) <= 50 and len(np.unique(np.abs(beyond))) == len(beyond)  # noqa: PLR2004
    signed_rank: Any = scipy.stats.wilcoxon  # whose stubs know no union of methods
    method = "exact" if few else "asymptotic"
    result = signed_rank(beyond, alternative="greater", method=method, correction=True)
    return RankTest(effect, float(result.pvalue), change)


def more_common(hits: int, count: int, other_hits: int, other_count: int) -> float:
    """Fisher's exact test: p of so many hits among so many, given the others' rate."""
    if not count or not hits:
        return 1.0

    every = count + other_count
    return float(scipy.stats.hypergeom.sf(hits - 1, every, hits + other_hits, count))


def more_common_among(hits: BoolArray, other_hits: BoolArray, groups: Groups) -> float:
    """P of so many hits where images belong together.

    Where a group has ten others, its images are held against these, exactly, as strata are
    (Birch 1964); the rest by counts as independent as whole groups make them. The surer of the
    two, counted twice.

    Args:
        hits: Hits among the tested images, shape (n,).
        other_hits: Hits among the others, shape (m,).
        groups: Groups of both.
    """
    if not hits.size:
        return 1.0
    expected = inside(groups)
    rest = groups._replace(asked=groups.asked[~expected])
    ps = [more_common(*effective(hits[~expected], other_hits, rest))] if not expected.all() else []
    if expected.any():
        ps.append(_within(hits[expected], groups.asked[expected], other_hits, groups.others))
    return min(1.0, len(ps) * min(ps, default=1.0))


def _within(hits: BoolArray, asked: IntArray, other_hits: BoolArray, others: IntArray) -> float:
    """P of at least so many hits in all, those of each group drawn among its own images."""
    law = np.ones(1)
    for group in np.unique(asked):
        own, theirs = hits[asked == group], other_hits[others == group]
        every, marked = len(own) + len(theirs), int(own.sum() + theirs.sum())
        law = np.convolve(
            law, scipy.stats.hypergeom.pmf(np.arange(len(own) + 1), every, marked, len(own))
        )
    return float(min(1.0, law[int(hits.sum()) :].sum()))


def holm(ps: Sequence[float]) -> list[float]:
    """Holm's (1979) adjusted p-values, in the order given: valid however the tests depend."""
    order = np.argsort(ps, kind="stable")
    adjusted = np.empty(len(ps))
    highest = 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[i]))
        adjusted[i] = highest
    return adjusted.tolist()
