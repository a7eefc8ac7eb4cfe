"""Every metric and score of a batch beside those of the baseline, with the difference."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.changes.differences import (
    drawn_together,
    metric_differences,
    score_differences,
    share_differences,
)
from deri_gate.changes.image_list import ImageList
from deri_gate.changes.matching import match_images
from deri_gate.changes.records import Change, ChangeTest
from deri_gate.scoring.score import score_values

if TYPE_CHECKING:
    from deri_gate.drift.records import Drift, DriftTest
    from deri_gate.measuring.measure import Measured
    from deri_gate.scoring.pool import Pool


def shift_between(baseline: Measured, batch: Measured, drift: Drift, *, pool: Pool) -> Change:
    """The drift in the form of any other change, so that every report can show it.

    A batch is not meant to hold the baseline, so that no image counts as removed.

    Args:
        baseline: Measured with the batch's profile.
        batch: The new images.
        drift: What the tests found.
        pool: With which both are scored.
    """
    pair, profile = (baseline, batch), batch.evidence.profile
    sides = [ImageList.judged(m.evidence) for m in pair]
    if drift.labels is None:  # what has no label was not relabelled
        sides = [replace(side, labels=((),) * len(side.ids)) for side in sides]
    matched = match_images(*sides, by_name=False)
    with np.errstate(invalid="ignore", divide="ignore"):  # a resample may leave out a tiny batch
        draws = drawn_together(baseline, batch, matched)
    scored = [
        score_values(side.values, pool, metrics=profile.metrics, resamples=side.resamples)
        for side in pair
    ]
    both = scored[0], scored[1]
    deri1000, u = score_differences(baseline, batch, draws, both, pool)
    return Change(
        base_name=drift.baseline_name,
        base_fingerprint=drift.baseline_fingerprint,
        base_images=drift.baseline_images,
        matching=replace(matched.summary, removed=(), classes_removed=()),
        differences=metric_differences(baseline, batch, draws, both),
        deri1000=deri1000,
        u=u,
        shares=share_differences(baseline, batch),
        tests=tuple(as_change_test(test, drift.images) for test in drift.tests),
        untested=drift.untested,
    )


def as_change_test(test: DriftTest, images: int) -> ChangeTest:
    """A test in the form in which reports show tests of changed images."""
    return ChangeTest(
        name=f"drift.{test.name}",
        title=test.title,
        kind="added",
        about=test.name,
        direction="different",
        count=images,
        effect=test.effect,
        p=test.p,
        adjusted_p=test.p_that_counts,
        images=test.images,
        sentence=test.sentence,
    )
