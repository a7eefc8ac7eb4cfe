"""`drift.json`: every name and number of a batch against its baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.schemas.base import rounded, rounded_pair
from deri_gate.schemas.drift import (
    CopiesInfo,
    CoverageInfo,
    DriftDocument,
    DriftTestInfo,
    GroupDriftInfo,
    LabelSharesInfo,
    TrendInfo,
    WatchInfo,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.drift.records import Coverage, Drift, DriftTest, GroupDrift, Labels, Trend, Watch

CORRECTION = "Westfall and Young's step-down of the smallest p, over all tests of the batch"


def drift_document(drift: Drift) -> DriftDocument:
    """`drift.json`: tests, spread, labels, copies, groups, trends and what the history says."""
    return DriftDocument(
        schema_version=2,
        baseline_name=drift.baseline_name,
        baseline_fingerprint=drift.baseline_fingerprint,
        baseline_images=drift.baseline_images,
        images=drift.images,
        tests=tuple(map(_test, drift.tests)),
        untested=dict(drift.untested),
        spread=None if drift.spread is None else _coverage(drift.spread),
        labels=None if drift.labels is None else _labels(drift.labels),
        copies=CopiesInfo(
            exact=drift.copies.exact, near=drift.copies.near, images=drift.copies.images
        ),
        groups=tuple(map(_group, drift.groups)),
        thin_groups=drift.thin_groups,
        trends=tuple(map(_trend, drift.trends)),
        last_time=drift.last_time,
        watch=None if drift.watch is None else _watch(drift.watch),
        correction=CORRECTION,
        verdict_of_the_history=drift.watch.sentence if drift.watch else "no history",
    )


def _test(one: DriftTest) -> DriftTestInfo:
    return DriftTestInfo(
        name=one.name,
        title=one.title,
        unit=one.unit,
        effect=rounded(one.effect),
        interval=rounded_pair(one.interval),
        smallest=rounded(one.smallest),
        p=rounded(one.p),
        adjusted_p=rounded(one.adjusted_p),
        images=one.images,
        sentence=one.sentence,
    )


def _coverage(spread: Coverage) -> CoverageInfo:
    return CoverageInfo(
        density=rounded(spread.density),
        coverage=rounded(spread.coverage),
        expected_coverage=rounded(spread.expected_coverage),
    )


def _labels(labels: Labels) -> LabelSharesInfo:
    return LabelSharesInfo(
        baseline=_numbers(labels.baseline),
        batch=_numbers(labels.batch),
        new=labels.new,
        missing=labels.missing,
    )


def _group(one: GroupDrift) -> GroupDriftInfo:
    return GroupDriftInfo(
        name=one.name,
        images=one.images,
        of_group=one.of_group,
        known=one.known,
        tests=tuple(map(_test, one.tests)),
    )


def _trend(one: Trend) -> TrendInfo:
    return TrendInfo(
        name=one.name,
        title=one.title,
        periods=one.periods,
        slope=rounded(one.slope),
        interval=rounded_pair(one.interval),
        p=rounded(one.p),
        adjusted_p=rounded(one.adjusted_p),
    )


def _watch(watch: Watch) -> WatchInfo:
    return WatchInfo(
        comparisons=watch.comparisons,
        scores=_numbers(watch.scores),
        drifting=watch.drifting,
        started=watch.started,
        ended=watch.ended,
        since=dict(watch.since),
    )


def _numbers(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: rounded(value) for name, value in values.items()}
