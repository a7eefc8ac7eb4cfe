"""Permutation tests of drift features of two sets of images, pure functions.

Everything that is compared is brought into one form: a row of numbers an image, and a distance
between the mean row of the batch and that of the baseline. If both come from one source, it does
not matter which images were called the batch; so all of them are permuted, many times, and the
share of permutations with at least the distance seen is an exact p-value, at any size of batch.

All features are judged on the same permutations, which shows how they depend on one another: the
p-values are adjusted for their number by Westfall and Young's (1993) step-down of the smallest p,
exact as well, and less of a price than Holm's correction where features move together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from deri_gate.arrays import BoolArray, FloatArray, IntArray

PERMUTATIONS = (
    19_999  # p goes down to 5e-5, so that adjusted for a dozen features it can pass 0.001
)
FIRST = 1_999  # permutations after which a batch that looks like any other is let go
LIKE_ANY = 0.05  # smallest adjusted p from which it does
AT_ONCE = 32 * 2**20  # memberships in the batch held at a time
AT_A_TIME = 1024  # permutations drawn at once: their memberships fit into the processor's cache
FEW, FLOYD = 500, 10_000  # draws of more, and from more, are quicker, or other, one by one
ROUNDING = 1e-4  # relative; two permutations of equal means may differ by this in single precision
NOTHING = 1e-6  # of the largest distance; what is below is rounding


@dataclass(frozen=True, kw_only=True)
class DriftFeature:
    """One thing that is looked at in every image.

    The distance of two mean rows is the sum over columns of weight times their absolute
    difference to the power.

    Attributes:
        name: Unique; a metric's id where it is about a metric.
        rows: A row an image, the baseline's first, shape (N + n, D), single precision.
        weights: Weight of each column, shape (D,).
        power: 1 or 2.
    """

    name: str
    rows: FloatArray
    weights: FloatArray
    power: Literal[1, 2] = 2

    def distance(self, difference: FloatArray) -> FloatArray:
        """Distance of differences of mean rows, shape (..., D) to (...)."""
        return np.asarray(np.abs(difference) ** self.power @ self.weights)

    def pull(self, difference: FloatArray) -> FloatArray:
        """Contribution of each image to a difference, shape (N + n,)."""
        slope = np.sign(difference) * np.abs(difference) ** (self.power - 1) * self.weights
        return np.asarray(self.rows @ slope.astype(np.float32))

    def among(self, positions: IntArray) -> DriftFeature:
        """Feature of these images only, in this order."""
        return DriftFeature(
            name=self.name, rows=self.rows[positions], weights=self.weights, power=self.power
        )


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """Results of the permutation test for each feature; arrays of shape (m,).

    Attributes:
        distance: Seen.
        expected: Mean over the permutations: what the distance would be without any drift.
        p: Share of permutations with at least the distance seen, which counts as one of them.
        adjusted: Probability of a p as small in any of the features left, step by step.
    """

    distance: FloatArray
    expected: FloatArray
    p: FloatArray
    adjusted: FloatArray


def mean_differences(
    features: Sequence[DriftFeature], batch: FloatArray, baseline: FloatArray
) -> list[FloatArray]:
    """Mean row of the batch minus that of the baseline, for several choices of both.

    Args:
        features: Features of the same N images.
        batch: How often each image counts in the batch, shape (B, N).
        baseline: How often in the baseline, shape (B, N).

    Returns:
        An array of shape (B, D) an feature.
    """
    sizes = [side.sum(axis=1, keepdims=True, dtype=float) for side in (batch, baseline)]
    return [batch @ a.rows / sizes[0] - baseline @ a.rows / sizes[1] for a in features]


def permutation_test(
    features: Sequence[DriftFeature],
    batch: int,
    *,
    rng: np.random.Generator,
    permutations: int = PERMUTATIONS,
    clusters: IntArray | None = None,
    tick: Callable[[int], object] = lambda done: done,
) -> Verdicts:
    """Test whether the last images come from the same source as the first.

    Args:
        features: Features of N images each.
        batch: How many of the images, the last ones, are the batch; 1 to N - 1.
        rng: Seeded.
        permutations: Number of permutations of the images.
        clusters: Number of what each image belongs with, such as its patient, shape (N,); none
            may have images on both sides. Whole clusters are permuted then, as images of one
            patient are no independent witnesses. None: every image for itself.
        tick: Told how many permutations are done.

    Returns:
        From all permutations, or from the first 1,999 where by then no adjusted p is below 0.05:
        that can make a p larger, never an alarm of what would have been none.
    """
    features = [_centred(feature) for feature in features]
    count = len(features[0].rows)
    seen = np.zeros((1, count), dtype=np.float32)
    seen[0, count - batch :] = 1
    distances = _distances(features, seen)
    permute = _permuter(count, batch, clusters, rng)
    for upto in (min(FIRST, permutations), permutations):
        distances = np.concatenate(
            [distances, *_drawn(features, permute, upto + 1 - len(distances), tick)]
        )
        p = _shares_at_least(distances)
        adjusted = step_down(p)
        if adjusted.min() > LIKE_ANY:
            break
    return Verdicts(
        distance=distances[0], expected=distances[1:].mean(axis=0), p=p[0], adjusted=adjusted
    )


def _centred(feature: DriftFeature) -> DriftFeature:
    """With means of 0, which changes no difference, and leaves no rounding of what is constant."""
    return replace(
        feature,
        rows=feature.rows
        - feature.rows.mean(axis=0, dtype=float, keepdims=True).astype(np.float32),
    )


def _drawn(
    features: Sequence[DriftFeature],
    permute: Callable[[FloatArray], None],
    permutations: int,
    tick: Callable[[int], object],
) -> Iterator[FloatArray]:
    """Distances of the next permutations, shape (b, m) at a time."""
    count = len(features[0].rows)
    block = max(1, AT_ONCE // count)
    rows = np.empty((min(permutations, block), count), dtype=np.float32)
    for start in range(0, permutations, block):
        some = rows[: permutations - start]
        permute(some)
        yield _distances(features, some)
        tick(len(some))


def _distances(features: Sequence[DriftFeature], in_batch: FloatArray) -> FloatArray:
    """Distances by permutation and feature, shape (B, m); the rest is the baseline."""
    size = in_batch.sum(axis=1, keepdims=True, dtype=float)
    rest = in_batch.shape[1] - size
    distances = np.empty((len(in_batch), len(features)))
    for column, feature in enumerate(features):
        inside = (in_batch @ feature.rows).astype(float)
        total = feature.rows.sum(axis=0, dtype=float)
        distances[:, column] = feature.distance(inside / size - (total - inside) / rest)
    return distances


def _permuter(
    count: int, batch: int, clusters: IntArray | None, rng: np.random.Generator
) -> Callable[[FloatArray], None]:
    """Fills rows of shape (B, N) with 1 for who is called the batch, and 0 for the others."""
    every, chosen, number = count, batch, None
    if clusters is not None:
        names, number = np.unique(clusters, return_inverse=True)
        every, chosen = len(names), len(np.unique(number[count - batch :]))
    few = min(chosen, every - chosen)  # the smaller side is drawn, which is quicker

    def permute(rows: FloatArray) -> None:
        for start in range(0, len(rows), AT_A_TIME):
            some = rows[start : start + AT_A_TIME]
            drawn = draws_of_few(rng, every, few, len(some))
            members = drawn if few == chosen else ~drawn
            some[:] = members if number is None else members[:, number]

    return permute


def draws_of_few(rng: np.random.Generator, every: int, few: int, draws: int) -> BoolArray:
    """Draw a few of all, without replacement, many times: shape (draws, every).

    The draws are those of `rng.choice`, to the last one. That takes up to 10,000 by Floyd's
    method: of each number from `every - few` on it draws one up to it, which counts unless it is
    drawn already; then the number itself does. Done for all draws at once, this saves the calls,
    which take most of the time of small draws.
    """
    drawn = np.zeros((draws, every), dtype=bool)
    if few > FEW or every > FLOYD:
        for row in drawn:
            row[rng.choice(every, few, replace=False, shuffle=False)] = True
        return drawn
    last = np.arange(every - few, every)
    start = every * np.arange(draws)
    numbers = rng.integers(0, last, endpoint=True, size=(draws, few)).T + start
    flat = drawn.reshape(-1)
    for column, itself in zip(numbers, last, strict=True):
        flat[np.where(flat[column], start + itself, column)] = True
    return drawn


def _shares_at_least(distances: FloatArray) -> FloatArray:
    """Share of permutations at least as far, by permutation and feature; in (0, 1]."""
    permutations = len(distances)
    shares = np.empty_like(distances)
    for column, values in enumerate(distances.T):
        slack = ROUNDING * values + NOTHING * values.max()
        below = np.searchsorted(np.sort(values), values - slack, "left")
        shares[:, column] = (permutations - below) / permutations
    return shares


def step_down(p: FloatArray) -> FloatArray:
    """P-values adjusted for their number, shape (m,), at least the p-values themselves.

    Args:
        p: p-value by permutation and feature, the observed one first, shape (B, m).
    """
    order = np.argsort(p[0], kind="stable")
    smallest = np.minimum.accumulate(p[:, order[::-1]], axis=1)[:, ::-1]  # of those not yet passed
    shares = (smallest <= p[0, order] * (1 + 1e-12)).mean(axis=0)
    adjusted = np.empty(p.shape[1])
    adjusted[order] = np.maximum.accumulate(shares)
    return adjusted
