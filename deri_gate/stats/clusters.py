"""Images that come together, as a patient's do: how far one speaks for the others.

New patients differ from those of the base as patients do, and each brings all its images with it.
Tests that take images for independent call that sure; here is what they need to know instead.
"""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import scipy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scipy.sparse import csr_array

    from deri_gate.arrays import BoolArray, FloatArray, IntArray

SURE_ORDERS = 10_000  # orders of groups of which one may be the best, for the order to be asked
FEW = 20  # groups asked about, of which no order is sure for a trifle's sake
ENOUGH = 10  # images that a group must have among the others, for its own to be held against them


class Groups(NamedTuple):
    """Numbers of the groups of images asked about, and of those they are held against.

    Attributes:
        asked: Shape (n,).
        others: Shape (m,); the same number is the same group.
        most: Images asked about that are drawn as one at most; 0 where whole groups are.
    """

    asked: IntArray
    others: IntArray
    most: int = 0

    @property
    def whole(self) -> BoolArray:
        """True where a tested image came, or went, with all of its group; shape (n,)."""
        return ~np.isin(self.asked, self.others)

    @property
    def units(self) -> tuple[IntArray, IntArray]:
        """Numbers of what is drawn as one.

        Images of a group that is on both sides are a unit on each: another visit of a patient may
        differ as another patient does. Of a larger group than `most`, as many as that are a unit.
        """
        asked = self.asked
        if self.most:
            pairs = np.stack([asked, places_in(asked) // self.most])
            asked = np.unique(pairs, axis=1, return_inverse=True)[1].ravel()
        return asked + 1 + self.others.max(initial=-1), self.others


def places_in(groups: IntArray) -> IntArray:
    """Place of each image among those of its group, from 0, shape (n,)."""
    order = np.argsort(groups, kind="stable")
    sizes = np.unique(groups, return_counts=True)[1]
    places = np.empty(len(groups), dtype=np.int64)
    places[order] = np.arange(len(groups)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return places


def number_of(groups: Groups | None) -> int:
    """Number of groups of the tested images; 0 where none are known."""
    return 0 if groups is None else len(np.unique(groups.asked))


def numbered(base: Sequence[str], head: Sequence[str]) -> tuple[IntArray, IntArray] | None:
    """Number of the group of each image of base and head, those of the base first.

    An image of no group is one of its own. None where the base is one group: that says nothing
    of how groups differ.
    """
    numbers: dict[object, int] = {}

    def of(side: int, names: Sequence[str]) -> IntArray:
        numbered_names = (
            numbers.setdefault(n or (side, i), len(numbers)) for i, n in enumerate(names)
        )
        return np.fromiter(numbered_names, dtype=np.int64, count=len(names))

    first = of(0, base)
    return (first, of(1, head)) if len(numbers) > 1 else None


def opponents(
    strata: IntArray,
    other_strata: IntArray,
    asked: BoolArray,
    known: BoolArray,
    groups: Groups | None,
) -> Iterator[tuple[IntArray, IntArray, bool]]:
    """Pairs of compared images: positions of both, and whether they are of one group.

    Those of their stratum, or all where it has none. Images of a group that has ten others there
    are held against these: how groups differ then does not matter. That makes a few sites, which
    are no sample of sites, as telling as they were.

    Args:
        strata: Class of each image asked about, shape (n,).
        other_strata: Strata of the others, shape (m,).
        asked: Which of the first count, shape (n,).
        known: Which of the others do, shape (m,).
        groups: Groups of both, or None.
    """
    strata_of = np.full(len(strata), -1)
    if groups is not None:
        strata_of = _large(strata, other_strata, known, groups)
    for stratum, group in np.unique(np.stack([strata[asked], strata_of[asked]], axis=1), axis=0):
        rows = np.flatnonzero(asked & (strata == stratum) & (strata_of == group))
        there = known & (other_strata == stratum)
        if groups is not None and group >= 0:
            there &= groups.others == group
        yield rows, np.flatnonzero(there if there.any() else known), bool(group >= 0)


def _large(strata: IntArray, other_strata: IntArray, known: BoolArray, groups: Groups) -> IntArray:
    """Each one's group, where ten others of its stratum are of it; -1 elsewhere, shape (n,)."""
    cells = np.concatenate(
        [np.stack([other_strata, groups.others], axis=1), np.stack([strata, groups.asked], axis=1)]
    )
    cell = np.unique(cells, axis=0, return_inverse=True)[1].ravel()
    sizes = np.bincount(cell[: len(known)][known], minlength=len(cells))
    return np.where(sizes[cell[len(known) :]] >= ENOUGH, groups.asked, -1)


def intraclass(values: FloatArray, units: IntArray) -> float:
    """Share of the variance that lies between units, 0 to 1: Fisher's, from mean squares.

    Units of unlike sizes as in Donner (1986); below 0 counts as 0, and so does what no unit of
    two images tells.

    Args:
        values: Shape (N,).
        units: Number of the unit of each, shape (N,).
    """
    codes = np.unique(units, return_inverse=True)[1]
    sizes = np.bincount(codes)
    count, number = len(values), len(sizes)
    if number in {1, count}:
        return 0.0
    centred = values - values.mean()
    between = float((np.bincount(codes, centred) ** 2 / sizes).sum())
    within = float((centred**2).sum()) - between
    first, second = between / (number - 1), max(0.0, within) / (count - number)
    size = (count - (sizes**2).sum() / count) / (number - 1)
    total = first + (size - 1) * second
    return float(np.clip((first - second) / total, 0.0, 1.0)) if total > 0 else 0.0


class Stratum(NamedTuple):
    """One stratum of a rank test, its images as `units` draws them.

    Attributes:
        standing: Standardised rank of each image among all of the stratum, shape (n + m,).
        weights: How far the test's sum changes with it, shape (n + m,).
        units: Number of the unit of each, shape (n + m,).
        asked: Which are those asked about, shape (n + m,).
        inside: Whether all are of one group, so that no difference between groups tells.
    """

    standing: FloatArray
    weights: FloatArray
    units: IntArray
    asked: BoolArray
    inside: bool

    @classmethod
    def of(
        cls,
        values: FloatArray,
        among: FloatArray,
        variance: float,
        units: tuple[IntArray, IntArray],
        *,
        inside: bool,
    ) -> Stratum:
        """From the values, and the variance of the sum were all images independent."""
        n, m = len(values), len(among)
        ranks = scipy.stats.rankdata(np.concatenate([values, among]))
        spread = max(float(ranks.std()), 1e-12)
        each = np.sqrt(variance / (n + n**2 / m))
        weights = each * np.repeat([1.0, -n / m], [n, m])
        standing = (ranks - ranks.mean()) / spread
        asked = np.repeat([True, False], [n, m])
        return cls(standing, weights, np.concatenate(units), asked, inside)


def clustered(parts: Sequence[Stratum]) -> tuple[float, float]:
    """Inflation of a rank test's variance by clusters, and its degrees of freedom.

    Each unit pulls the sum by the sum of its weights, as far as its images agree: the design
    effect of Kish (1965) where all units are alike large. The share that they agree by is that of
    all images, the new ones too, so that one strange patient shows how strange patients can be.

    Returns:
        The gain, at least 0, and the degrees of freedom of Student's t: one less than the units
        among the others; infinite where every unit is one image.
    """
    between = [part for part in parts if not part.inside]
    if not between:
        return 0.0, np.inf
    standing, weights, units, asked = _joined(between)
    gain = float((np.bincount(units, weights) ** 2).sum() - (weights**2).sum())
    if gain <= 1e-9 * float((weights**2).sum()):
        return 0.0, np.inf
    return gain * intraclass(standing, units), len(np.unique(units[~asked])) - 1.0


def order_of_units(parts: Sequence[Stratum]) -> float | None:
    """P of units asked about standing so high among the others by their means, whatever the law.

    Wilcoxon's rank-sum test of the means, each in units of its own spread, as small units spread
    more. Of equal ones the others count as higher, which errs on the side of chance. It is surer
    than the test of images where patients differ much, and less sure of pieces of them.

    Returns:
        None where the best of all orders would not be sure, as of two patients among forty; where
        so many came that a trifle could be; where some images are held against their own group;
        or where no unit has two.
    """
    if not parts or any(part.inside for part in parts):
        return None

    standing, _, units, asked = _joined(parts)
    sizes, new = np.bincount(units), np.bincount(units, asked) > 0
    number = int(new.sum())
    if sizes.max() == 1 or number > FEW or comb(len(sizes), number) < SURE_ORDERS:
        return None
    agree = intraclass(standing, units)
    means = np.bincount(units, standing) / sizes
    means /= np.sqrt(np.maximum(agree + (1 - agree) / sizes, 1e-12))
    place = np.empty(len(sizes))
    place[np.lexsort((~new, means.round(9)))] = np.arange(len(sizes))
    return float(scipy.stats.mannwhitneyu(place[new], place[~new], alternative="greater").pvalue)


def _joined(parts: Sequence[Stratum]) -> tuple[FloatArray, FloatArray, IntArray, BoolArray]:
    """Rank, weight, unit (0 to U - 1) and role of all images, joined."""
    standing = np.concatenate([part.standing for part in parts])
    weights = np.concatenate([part.weights for part in parts])
    units = np.unique(np.concatenate([part.units for part in parts]), return_inverse=True)[1]
    return standing, weights, units, np.concatenate([part.asked for part in parts])


def class_counts(membership: csr_array, groups: IntArray) -> IntArray:
    """Images of each class in each group, by its number, shape (G, K)."""
    count, ones = len(groups), np.ones(len(groups))
    each = scipy.sparse.csr_array(
        (ones, (groups, np.arange(count))), (groups.max(initial=-1) + 1, count)
    )
    return np.asarray((each @ membership).toarray()).round().astype(np.int64)


def inside(groups: Groups) -> BoolArray:
    """True where a tested image is of a group that has ten others, shape (n,)."""
    sizes = np.bincount(groups.others, minlength=groups.asked.max(initial=0) + 1)
    return np.asarray(sizes[groups.asked] >= ENOUGH)


def effective(hits: BoolArray, other_hits: BoolArray, groups: Groups) -> tuple[int, int, int, int]:
    """Hits and images on both sides, as many as independent ones would tell as much.

    Rao and Scott (1992): counts are divided by the design effect, here of the share by which
    images of one unit agree, on both sides together. Hits rounded down, and other images too.
    """
    asked, others = groups.units
    agree = intraclass(
        np.concatenate([hits, other_hits]).astype(float), np.concatenate([asked, others])
    )
    counts: list[int] = []
    for side, units in ((hits, asked), (other_hits, others)):
        sizes = np.unique(units, return_counts=True)[1]
        effect = 1 + ((sizes**2).sum() / max(1, len(units)) - 1) * agree
        counts += [int(side.sum() / effect + 1e-9), int(len(side) / effect + 1e-9)]
    return counts[0], max(counts[1], counts[0]), counts[2], max(counts[3], counts[2])
