"""How sure a difference is: exact and rank tests, pure functions of arrays.

All of them are one-sided against "no more than a trifle": what they call sure is larger than a
stated smallest effect, so that thousands of images do not turn a trifle into an alarm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from deri_gate.comparing.groups import Part, clustered, opponents, order_of_units

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from deri_gate.comparing.groups import Groups
    from deri_gate.dataset import IntArray
    from deri_gate.metric import FloatArray

DRAWS = 19_999  # of Monte Carlo tests: p goes down to 5e-5, below any corrected limit of use
TRIFLE = 0.1  # effect that counts as none: 55 % of the comparisons instead of 50 %


class Finding(NamedTuple):
    """What a test found.

    Attributes:
        effect: 0 for no difference, 1 at most; above 0 in the direction asked about.
        p: Probability of at least this much by chance.
        blame: For each image looked at how much it contributes, shape (n,); NaN for none.
        open: Whether chance could have answered otherwise; not where all images are alike.
    """

    effect: float
    p: float
    blame: FloatArray
    open: bool = True


def ranks_among(
    values: FloatArray,
    strata: IntArray,
    others: FloatArray,
    other_strata: IntArray,
    groups: Groups | None = None,
) -> Finding:
    """Whether values stand higher among the others of their own stratum than chance puts them.

    Van Elteren's (1960) stratified rank-sum test, every value of equal weight. A stratum
    without others is compared with all of them.

    Args:
        values: Of the images asked about, shape (n,); higher is what is suspected. NaN left out.
        strata: Class of each, shape (n,).
        others: Values to stand among, shape (m,).
        other_strata: Class of each, shape (m,).
        groups: What comes as one; the test is then as sure as whole groups make it. None where
            each image is drawn by itself.

    Returns:
        Effect: rank-biserial correlation, -1 to 1; 1 when each value is above all the others.
        Blame: the share of the others of its stratum that lie below, ties half.
    """
    blame = np.full(len(values), np.nan)
    known, ok = np.isfinite(others), np.isfinite(values)
    shift, variance, parts = 0.0, 0.0, []
    for rows, theirs, inside in opponents(strata, other_strata, ok, known, groups):
        among = np.sort(others[theirs])
        if not among.size:
            continue
        low = np.searchsorted(among, values[rows], "left")
        high = np.searchsorted(among, values[rows], "right")
        blame[rows] = (low + high) / (2 * len(among))
        shift += float((blame[rows] - 0.5 * (1 + TRIFLE)).sum())
        apart = _rank_variance(values[rows], among)
        variance += apart
        if groups is not None:
            units = groups.units[0][rows], groups.units[1][theirs]
            parts.append(Part.of(values[rows], others[theirs], apart, units, inside=inside))
    n = int(np.isfinite(blame).sum())
    if not n:
        return Finding(0.0, 1.0, blame, open=False)
    effect = 2 * float(np.nanmean(blame)) - 1
    gain, freedom = clustered(parts)
    p = _upper_tail(shift, variance + gain, freedom)
    order = order_of_units(parts)
    if order is not None:  # the surer of two, counted twice
        p = min(1.0, 2 * min(p, order))
    return Finding(effect, p, blame, open=variance > 0 and freedom > 0)


def _rank_variance(values: FloatArray, among: FloatArray) -> float:
    """Variance of the sum of the shares below, when all are exchangeable; ties lower it."""
    n, m = len(values), len(among)
    ties = np.unique(np.concatenate([values, among]), return_counts=True)[1].astype(float)
    total = n + m
    lost = float((ties**3 - ties).sum()) / (total * (total - 1))
    return n / (12 * m) * (total + 1 - lost)


def _upper_tail(shift: float, variance: float, freedom: float) -> float:
    """By the normal law, or Student's where the variance is known from so many groups only."""
    from scipy.stats import norm, t  # noqa: PLC0415

    if variance <= 0 or freedom <= 0:  # all values are equal, or there is one group to go by
        return 1.0
    law = norm if np.isinf(freedom) else t(freedom)
    return float(law.sf(shift / np.sqrt(variance)))


def pairs_worsened(change: FloatArray, trifle: float) -> Finding:
    """Whether one thing, measured twice, rose more often and further than chance lets it.

    Wilcoxon's signed-rank test of `change - trifle`; exact for few pairs without ties.

    Args:
        change: After minus before, shape (n,); above 0 is what is suspected. NaN left out.
        trifle: What is still no change, in the unit of `change`, at least 0.

    Returns:
        Effect: share of the pairs that rose by more than the trifle minus that of those that
        fell by more, -1 to 1. Blame: the change.
    """
    import scipy.stats  # noqa: PLC0415

    known = change[np.isfinite(change)]
    if not (np.abs(known) > trifle).any():
        return Finding(0.0, 1.0, change, open=False)
    effect = float((known > trifle).mean() - (known < -trifle).mean())
    beyond = known - trifle
    beyond = beyond[beyond != 0]
    if not beyond.size or effect <= 0:
        return Finding(effect, 1.0, change)
    few = len(beyond) <= 50 and len(np.unique(np.abs(beyond))) == len(beyond)  # noqa: PLR2004
    signed_rank: Any = scipy.stats.wilcoxon  # whose stubs know no union of methods
    method = "exact" if few else "asymptotic"
    found = signed_rank(beyond, alternative="greater", method=method, correction=True)
    return Finding(effect, float(found.pvalue), change)


def more_common(hits: int, count: int, other_hits: int, other_count: int) -> float:
    """Fisher's exact test: p of so many hits among so many, given the others' rate."""
    from scipy.stats import hypergeom  # noqa: PLC0415

    if not count or not hits:
        return 1.0
    every = count + other_count
    return float(hypergeom.sf(hits - 1, every, hits + other_hits, count))


class Drawn(NamedTuple):
    """What is drawn of groups, rather than of images.

    Attributes:
        groups: Class counts of every group that could have come or gone whole, shape (G, K).
        number: How many did.
    """

    groups: IntArray
    number: int


def composition(
    counts: IntArray,
    others: IntArray,
    rng: np.random.Generator,
    *,
    came: bool,
    whole: Drawn | None = None,
) -> float:
    """P of class counts so far from those of a random draw out of all, in one of two ways.

    By the distance of the counts, and by how common the classes are: one number in place of a
    number a class, so that few images of many rare classes are seen. The surer of the two
    counts, held against the surer of the two in each draw (Westfall and Young 1993).

    Args:
        counts: Images of each class among those asked about, shape (K,).
        others: The same of those they are compared with, shape (K,).
        rng: Seeded.
        came: Whether they came: then common classes unbalance, otherwise rare ones.
        whole: Those of them that came or went as whole groups, the first `number` of its
            `groups`; the others are drawn as images.
    """
    every, n = counts + others, int(counts.sum())
    there = every > 0
    if n == 0 or n == every.sum() or there.sum() < 2:  # noqa: PLR2004
        return 1.0
    every, counts = every[there], counts[there]
    if whole is None:
        drawn = rng.multivariate_hypergeometric(every, n, size=DRAWS)
    else:
        drawn = _drawn(every, n, Drawn(whole.groups[:, there], whole.number), rng)
    sign, size = 1 if came else -1, len(drawn)
    least, seen = np.ones(size), 1.0
    for way in (_distance, lambda own, every: sign * _commonness(own, every)):
        values = way(drawn, every)
        above = size - np.searchsorted(np.sort(values), values - 1e-9)
        least = np.minimum(least, above / size)
        seen = min(seen, _share_at_least(values, float(way(counts, every))))
    return _share_at_least(-least, -seen)


def _drawn(every: IntArray, n: int, whole: Drawn, rng: np.random.Generator) -> IntArray:
    """Class counts of so many groups drawn whole and of the images that make up n, (B, K)."""
    groups, number = whole
    single = n - int(groups[:number].sum())
    draws = min(DRAWS, max(999, 200_000_000 // len(groups)))
    images = rng.multivariate_hypergeometric(every, single, size=draws)
    if not number:
        return images
    some = (rng.choice(len(groups), number, replace=False) for _ in range(draws))
    return np.asarray(images + np.stack([groups[own].sum(axis=0) for own in some]))


def _commonness(counts: npt.NDArray[Any], every: IntArray) -> FloatArray:
    """How common the classes are, summed, beyond what is expected of so many images."""
    shares = every / every.sum()
    return np.asarray(counts @ shares - counts.sum(axis=-1) * (shares @ shares))


def _distance(counts: npt.NDArray[Any], every: IntArray) -> FloatArray:
    """Freeman and Tukey's (1950), between counts and what is expected, shape (..., K) to (...).

    Roots make all counts vary alike, with Anscombe's (1948) 3/8 the small ones too, so that a
    class that was spared is seen, where Pearson's statistic sees the one image of a rare class.
    """
    expected = counts.sum(axis=-1, keepdims=True) * every / every.sum()
    return np.asarray(((np.sqrt(counts + 3 / 8) - np.sqrt(expected + 3 / 8)) ** 2).sum(axis=-1))


def fewer_groups(groups: Sequence[str], asked: IntArray, rng: np.random.Generator) -> float:
    """P of the images asked about falling into so few groups, were they drawn at random."""
    codes = np.unique(np.asarray(groups), return_inverse=True)[1]
    seen = len(np.unique(codes[asked]))
    if seen == len(asked) or len(asked) == len(codes):
        return 1.0
    draws = min(DRAWS, max(999, 20_000_000 // len(codes)))
    numbers = [
        len(np.unique(codes[rng.choice(len(codes), len(asked), replace=False)]))
        for _ in range(draws)
    ]
    return _share_at_least(-np.array(numbers, dtype=float), -float(seen))


def _share_at_least(drawn: FloatArray, seen: float) -> float:
    return float((1 + np.count_nonzero(drawn >= seen - 1e-9)) / (1 + len(drawn)))


def holm(ps: Sequence[float]) -> list[float]:
    """Holm's (1979) corrected p-values, in the order given: valid however the tests depend."""
    order = np.argsort(ps, kind="stable")
    corrected = np.empty(len(ps))
    highest = 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[i]))
        corrected[i] = highest
    return corrected.tolist()
