"""`drift.json`: every name and number of a batch against its baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.schemas.base import as_written
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
    from deri_gate.drift.records import Drift, DriftTest, GroupDrift

CORRECTION = "Westfall and Young's step-down of the smallest p, over all tests of the batch"


def drift_document(drift: Drift) -> DriftDocument:
    """`drift.json`: tests, spread, labels, copies, groups, trends and what the history says."""
    return DriftDocument(
        schema_version=2,
        baseline_name=drift.baseline_name,
        baseline_fingerprint=drift.baseline_fingerprint,
        baseline_images=drift.baseline_images,
        images=drift.images,
        tests=_tests(drift.tests),
        untested=dict(drift.untested),
        spread=None if drift.spread is None else as_written(CoverageInfo, drift.spread),
        labels=None if drift.labels is None else as_written(LabelSharesInfo, drift.labels),
        copies=as_written(CopiesInfo, drift.copies),
        groups=tuple(map(_group, drift.groups)),
        thin_groups=drift.thin_groups,
        trends=tuple(as_written(TrendInfo, trend) for trend in drift.trends),
        last_time=drift.last_time,
        watch=None if drift.watch is None else as_written(WatchInfo, drift.watch),
        correction=CORRECTION,
        verdict_of_the_history=drift.watch.sentence if drift.watch else "no history",
    )


def _tests(tests: tuple[DriftTest, ...]) -> tuple[DriftTestInfo, ...]:
    return tuple(as_written(DriftTestInfo, test) for test in tests)


def _group(one: GroupDrift) -> GroupDriftInfo:
    return GroupDriftInfo(
        name=one.name,
        images=one.images,
        of_group=one.of_group,
        known=one.known,
        tests=_tests(one.tests),
    )
