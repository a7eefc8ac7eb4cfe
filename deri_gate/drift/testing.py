"""The features of a batch, tested: effects, intervals, p-values and the images responsible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.drift.kinds import KINDS, SHARES, SIGNED
from deri_gate.drift.records import CERTAIN, DriftTest
from deri_gate.runtime.figures import probability
from deri_gate.stats.clusters import numbered
from deri_gate.stats.permutation import PERMUTATIONS, mean_differences, permutation_test

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.stats.intervals import Interval
    from deri_gate.stats.permutation import DriftFeature

RESAMPLES = 200  # for the intervals
MOST = 100  # ids that a test names
WEAK = 0.05  # adjusted p below which there is a sign that has to come again
ENOUGH_CLUSTERS = 10  # on both sides, for whole groups to be permuted


def drift_tests(
    features: Sequence[DriftFeature],
    ids: Sequence[str],
    *,
    rng: np.random.Generator,
    permutations: int = PERMUTATIONS,
    clusters: IntArray | None = None,
    tick: Callable[[int], object] = lambda done: done,
) -> tuple[DriftTest, ...]:
    """Test every feature of a batch.

    Args:
        features: Features of the baseline's images and the batch's, these last.
        ids: Ids of the images of the batch.
        rng: Seeded.
        permutations: Number of permutations.
        clusters: Numbers of the clusters that are permuted as a whole; None for images.
        tick: Callback with the number of permutations that are done.
    """
    if not features:
        return ()
    batch, count = len(ids), len(features[0].rows)
    permuted = permutation_test(
        features, batch, rng=rng, permutations=permutations, clusters=clusters, tick=tick
    )
    sides = np.zeros((2, 1, count), dtype=np.float32)
    sides[0, 0, count - batch :] = sides[1, 0, : count - batch] = 1
    seen = mean_differences(features, sides[0], sides[1])
    drawn = _resampled(features, batch, rng) if batch > 1 else None
    tests = []
    for i, feature in enumerate(features):
        expected = float(permuted.expected[i])
        effect = float(effects(feature, seen[i], expected)[0])
        between = None if drawn is None else effects(feature, drawn[i], expected)
        pull = feature.pull(seen[i][0])[count - batch :]
        adjusted = float(permuted.adjusted[i])
        tests.append(
            DriftTest(
                name=feature.name,
                title=KINDS[feature.name].title,
                unit=KINDS[feature.name].unit,
                effect=effect,
                interval=_interval(effect, between, feature.name),
                smallest=KINDS[feature.name].smallest,
                p=float(permuted.p[i]),
                adjusted_p=adjusted,
                images=tuple(ids[k] for k in np.argsort(-pull, kind="stable")[:MOST]),
                sentence=drift_sentence(feature.name, effect, adjusted),
            )
        )
    return tuple(tests)


def effects(feature: DriftFeature, difference: FloatArray, expected: float) -> FloatArray:
    """Differences of mean rows, shape (B, D), as numbers that mean something, shape (B,).

    Ranks: the rank-biserial correlation. Labels: the share of wrong ones.
    Shares: the total variation distance. Grey levels: the distance of the histograms. Embedding:
    the root of the squared MMD beyond what is expected without drift, in units of the spread.
    """
    unit = KINDS[feature.name].unit
    if unit in SIGNED:
        return np.asarray(np.clip(difference[:, 0], -1, 1))
    if unit == SHARES:
        return np.asarray(np.minimum(1.0, np.abs(difference).sum(axis=1) / 2))
    if feature.power == 1:
        return feature.distance(difference)
    return np.asarray(np.sqrt(np.maximum(0.0, feature.distance(difference) - expected)))


def _resampled(
    features: Sequence[DriftFeature], batch: int, rng: np.random.Generator
) -> list[FloatArray]:
    """Differences over resamples of the images of both sides."""
    count = len(features[0].rows)
    sides = []
    for positions in (np.arange(count - batch, count), np.arange(count - batch)):
        weights = np.zeros((RESAMPLES, count), dtype=np.float32)
        for row in weights:
            drawn = rng.integers(0, len(positions), len(positions))
            row[positions] = np.bincount(drawn, minlength=len(positions))
        sides.append(weights)
    return mean_differences(features, *sides)


def _interval(effect: float, drawn: FloatArray | None, name: str) -> Interval | None:
    """The middle 95 % of the resamples, centred on the effect: distances grow by resampling."""
    if drawn is None:
        return None
    low, high = np.quantile(drawn - drawn.mean() + effect, (0.025, 0.975))
    least = -1.0 if KINDS[name].unit in SIGNED else 0.0
    most = 1.0 if KINDS[name].unit in (*SIGNED, SHARES) else np.inf
    return min(effect, float(np.clip(low, least, most))), max(
        effect, float(np.clip(high, least, most))
    )


def drift_sentence(name: str, effect: float, adjusted: float) -> str:
    """A sentence on the result of a test, with its effect and adjusted p-value."""
    kind = KINDS[name]
    said = kind.less if effect < 0 and kind.less else kind.more
    figures = f"effect {effect:+.3g} {kind.scale_text}, adjusted p {probability(adjusted)}"
    if adjusted < CERTAIN and abs(effect) >= kind.smallest:
        return f"The batch {said} ({figures})."
    if adjusted < CERTAIN:
        return f"The batch {said}, but too little to count ({figures})."
    if adjusted < WEAK and abs(effect) >= kind.smallest:
        return f"There is a weak sign that the batch {said} ({figures})."
    return f"There is no evidence that the batch {said} ({figures})."


def clusters_of(baseline: Sequence[str] | None, batch: Sequence[str] | None) -> IntArray | None:
    """Numbers of the groups that are permuted as a whole; None where images are permuted.

    Groups are permuted where images are witnesses by the group, as with patients: each side has ten
    groups at least, and none is on both sides. A few sites, or a site that sends to both, are no
    sample of sites; there images are permuted, and the groups are compared one by one.
    """
    if baseline is None or batch is None:
        return None
    numbers = numbered(baseline, batch)
    if numbers is None:
        return None
    first, second = map(np.unique, numbers)
    if np.isin(second, first).any() or min(len(first), len(second)) < ENOUGH_CLUSTERS:
        return None
    return np.concatenate(numbers)
