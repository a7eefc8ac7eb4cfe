"""Two measured datasets -> how the batch differs from the baseline."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.drift.coverage import K, density_and_coverage
from deri_gate.drift.features import BatchFeatures, FeaturePair
from deri_gate.drift.per_group import group_drifts
from deri_gate.drift.records import Copies, Drift, Labels
from deri_gate.drift.testing import clusters_of, drift_tests
from deri_gate.drift.trend import days_of, trends_of
from deri_gate.metrics.catalogue import PIXEL_METRICS
from deri_gate.stats.permutation import PERMUTATIONS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from deri_gate.arrays import IntArray
    from deri_gate.data.dataset import Dataset
    from deri_gate.drift.records import Coverage, DriftTest, GroupDrift, Trend
    from deri_gate.measuring.evidence import Evidence
    from deri_gate.measuring.measure import Measured
    from deri_gate.runtime.engine import Machine


def drift_between(baseline: Measured, batch: Measured, *, name: str | None = None) -> Drift:
    """Compare a batch with a baseline, feature by feature, for groups, and over time.

    Args:
        baseline: Images that are known to be good, measured with the batch's profile.
        batch: The new images; where some have no label, labels tell new classes alone.
        name: What the baseline is called; the name of its dataset when None.

    Raises:
        ValueError: If they were measured with different profiles.
    """
    profile = batch.evidence.profile
    if baseline.evidence.profile != profile:
        raise ValueError("baseline and batch were measured with different profiles")
    common = baseline.answers.keys() & batch.answers.keys()
    pair = FeaturePair(
        side_of(baseline.evidence, common, neighbours=True),
        side_of(batch.evidence, common),
        profile.seed,
    )
    rng = np.random.default_rng(profile.seed)
    sides = (baseline.evidence.dataset, batch.evidence.dataset)
    clusters = clusters_of(sides[0].groups, sides[1].groups)
    tests = _tests(pair, clusters, rng, batch.evidence.context.machine)
    groups: tuple[GroupDrift, ...] = ()
    thin = 0  # whole groups were permuted: each is a patient, and no two are alike
    if clusters is None:
        groups, thin = _groups(pair, sides[0].groups, sides[1].groups, rng)
    return Drift(
        baseline_name=name or baseline.evidence.whole.name,
        baseline_fingerprint=baseline.evidence.fingerprint,
        baseline_images=len(sides[0]),
        images=len(sides[1]),
        tests=tests,
        untested=pair.found[1],
        spread=_spread(pair),
        labels=_labels(pair),
        unknown_classes=_unknown_classes(pair),
        copies=copies_of(baseline, batch.evidence),
        groups=groups,
        thin_groups=thin,
        trends=_trends(pair, sides),
        last_time=max((time for time in sides[1].times or () if time), default=""),
    )


def _tests(
    pair: FeaturePair, clusters: IntArray | None, rng: np.random.Generator, machine: Machine
) -> tuple[DriftTest, ...]:
    with machine.bar(PERMUTATIONS, "permutation test", unit="permutation") as bar:
        tests = drift_tests(
            pair.found[0], pair.batch.ids, rng=rng, clusters=clusters, tick=bar.update
        )
    return tuple(_told_more(test, pair) for test in tests)


def _told_more(test: DriftTest, pair: FeaturePair) -> DriftTest:
    """The test says how the batch seems to be turned, or its colour cast, where it has drifted."""
    more = ""
    if test.drifted and test.name == "orientation" and pair.turn:
        more = f" It fits the baseline best if its images are taken as {pair.turn}."
    if test.drifted and test.name == "colour" and pair.cast:
        more = f" On average it is {pair.cast}."
    return replace(test, sentence=test.sentence + more) if more else test


def side_of(
    evidence: Evidence, measured: Collection[str], *, neighbours: bool = False
) -> BatchFeatures:
    """Features of one of the two for the tests.

    Args:
        evidence: Evidence on its images.
        measured: The metrics that were measured on both.
        neighbours: Whether they are wanted, as of the baseline.
    """
    dataset, table = evidence.dataset, evidence.images
    embedded = evidence.scan.embeddings is not None
    names = {label: tuple(dataset.classes[c] for c in label) for label in set(dataset.labels)}
    enough = len(dataset) > evidence.profile.neighbours
    return BatchFeatures(
        ids=dataset.ids,
        labels=tuple(names[label] for label in dataset.labels),
        height=table.height,
        width=table.width,
        channels=table.channels,
        thumbnails=table.thumbnails,
        chroma=table.chroma,
        values={name: table.values[name] for name in PIXEL_METRICS if name in measured},
        embeddings=evidence.embeddings if embedded else None,
        neighbours=evidence.neighbours if embedded and enough and neighbours else None,
    )


def _groups(
    pair: FeaturePair,
    before: Sequence[str] | None,
    after: Sequence[str] | None,
    rng: np.random.Generator,
) -> tuple[tuple[GroupDrift, ...], int]:
    if after is None:
        return (), 0
    return group_drifts(pair.found[0], pair.batch.ids, (before, after), rng=rng)


def _spread(pair: FeaturePair) -> Coverage | None:
    base, batch = pair.baseline, pair.batch.embeddings
    if base.neighbours is None or base.embeddings is None or batch is None:
        return None
    assert base.neighbours.shape[1] >= K
    rng = np.random.default_rng(pair.seed)
    return density_and_coverage(base.embeddings, batch, base.neighbours, rng=rng)


def _labels(pair: FeaturePair) -> Labels | None:
    if not pair.labelled:
        return None
    names, rows = pair.class_rows
    split = len(pair.baseline.ids)
    before, after = (
        dict(zip(names, some.mean(axis=0, dtype=float).tolist(), strict=True))
        for some in (rows[:split], rows[split:])
    )
    return Labels(baseline=before, batch=after)


def _unknown_classes(pair: FeaturePair) -> tuple[str, ...]:
    """Classes of the batch that the baseline has not; none where the baseline has no labels."""
    known, seen = (
        {c for label in side.labels for c in label} for side in (pair.baseline, pair.batch)
    )
    return tuple(sorted(seen - known)) if known else ()


def _trends(pair: FeaturePair, sides: tuple[Dataset, Dataset]) -> tuple[Trend, ...]:
    if all(side.times is None for side in sides):
        return ()
    times = [time for side in sides for time in side.times or [""] * len(side)]
    return trends_of(pair.values, days_of(times))


def copies_of(baseline: Measured, batch: Evidence) -> Copies:
    """Each image of the batch with the first image of the baseline that is, or shows, the same.

    The images of all splits count: a batch made of held-out images brings nothing new.
    """
    exact: dict[int, str] = {}
    near: dict[int, str] = {}
    for side in filter(None, (baseline.evidence, baseline.others)):
        first = dict(zip(reversed(side.images.shown), reversed(side.ids), strict=True))
        same = {i: first[key] for i, key in enumerate(batch.images.shown) if key in first}
        exact = same | exact
        near = {i: side.ids[b] for i, b in _alike(side, batch)} | near
    return Copies(
        exact=tuple((batch.ids[i], name) for i, name in sorted(exact.items())),
        near=tuple((batch.ids[i], name) for i, name in sorted(near.items()) if i not in exact),
        images=len(batch.ids),
    )


def _alike(baseline: Evidence, batch: Evidence) -> list[tuple[int, int]]:
    """Positions in batch and baseline of images that show one picture."""
    both, count = baseline.pictures + batch.pictures, len(baseline.ids)
    first = both.listed_duplicates.first_among(np.arange(len(both.ids)) < count)
    return [(i, b) for i, b in enumerate(first[count:].tolist()) if b >= 0]
