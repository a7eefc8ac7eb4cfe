"""Monte Carlo tests of class composition under sampling of images or clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from deri_gate.arrays import FloatArray, IntArray

DRAWS = 19_999  # of Monte Carlo tests: p goes down to 5e-5, below any adjusted limit of use


class Drawn(NamedTuple):
    """Class counts of clusters, which are sampled instead of images.

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
        others: Class counts of those they are compared with, shape (K,).
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
    """Sum of the class frequencies, beyond the expectation for so many images."""
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
