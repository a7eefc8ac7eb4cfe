"""Numbers of a report as its files hold them, so that a report renders alike from its files."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from deri_gate.changes.files import FileChanges
from deri_gate.changes.records import KINDS, Change, ChangeTest, Difference, Matching
from deri_gate.drift.records import (
    Copies,
    Coverage,
    Drift,
    DriftTest,
    GroupDrift,
    Labels,
    Trend,
    Watch,
)
from deri_gate.gate.records import Check, Waiver
from deri_gate.reports.changes import change_document
from deri_gate.reports.documents import scores_document, subscores_document
from deri_gate.reports.drifts import drift_document
from deri_gate.reports.runs import run_document, run_from
from deri_gate.scoring.score import Membership

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.reports.report import Report
    from deri_gate.schemas.base import JsonRecord
    from deri_gate.schemas.changes import ChangesDocument
    from deri_gate.schemas.drift import DriftDocument
    from deri_gate.schemas.scores import CheckInfo, ScoresDocument, SubscoresDocument, WaiverInfo
    from deri_gate.scoring.score import Scored

Kept = TypeVar("Kept")
NO_NUMBER = float("nan")


def settled(report: Report) -> Report:
    """The report with every number as its files hold it: nine significant digits."""
    scores = scores_document(report.scored, report.judgement)
    subscores = subscores_document(report.scored, report.pool)
    change = None if report.change is None else change_document(report.change)
    drift = None if report.drift is None else drift_document(report.drift)
    return replace(
        report,
        scored=scored_from(scores, subscores, report.scored),
        judgement=replace(report.judgement, checks=checks_from(scores)),
        run=run_from(run_document(report.run)),
        change=None if change is None else change_from(change),
        drift=None if drift is None else drift_from(drift),
    )


def scored_from(scores: ScoresDocument, subscores: SubscoresDocument, other: Scored) -> Scored:
    """The scores of the two files; medians and spreads, which they lack, are those of `other`."""
    place = scores.member
    member = Membership(name=place.name, without_itself=place.without_itself) if place else None
    return replace(
        other,
        subscores=dict(subscores.subscores),
        weights={name: weight or 0.0 for name, weight in scores.weights.items()},
        u=scores.U,
        deri1000=scores.DERI1000,
        interval=scores.interval,
        image_interval=scores.image_interval,
        pool_interval=scores.pool_interval,
        weights_used=scores.weights_used,
        member=member,
        partial=not scores.complete,  # metrics that are not installed are named in no file
    )


def checks_from(scores: ScoresDocument) -> tuple[Check, ...]:
    """The judged limits, in the order of the suite.

    Raises:
        ValueError: If the last day of a waiver is no date.
    """
    return tuple(map(_check, scores.checks))


def _check(info: CheckInfo) -> Check:
    prefix = "" if info.slice is None else f"{info.figure}_{info.slice}."
    return Check(
        name=info.name,
        metric=info.metric.removeprefix(prefix),
        slice=info.slice,
        figure=info.figure,
        column=info.column,
        bound=info.bound,
        severity=info.severity,
        observed=info.observed,
        limit=info.limit,
        status=info.status,
        reason=info.reason,
        detail=info.detail,
        waiver=None if info.waiver is None else _waiver(info.waiver),
        waived=info.waiver is not None and info.waiver.counts,
    )


def _waiver(info: WaiverInfo) -> Waiver:
    return Waiver(reason=info.reason, until=date.fromisoformat(info.until))


def change_from(document: ChangesDocument) -> Change:
    """The comparison of `changes.json`."""
    known = {name: getattr(document.classes, name) for name in ("added", "removed", "renamed")}
    return Change(
        base_name=document.base.name,
        base_fingerprint=document.base.fingerprint,
        base_images=document.base.images,
        matching=Matching(
            **dict(document.images),
            unchanged=document.counts.unchanged,
            **{f"classes_{name}": names for name, names in known.items()},
        ),
        differences=_differences(document.metrics),
        deri1000=_kept(Difference, document.DERI1000),
        u=_kept(Difference, document.U),
        shares=_differences(document.shares),
        tests=tuple(_kept(ChangeTest, test) for test in document.tests),
        untested=dict(document.untested),
        files=_kept(FileChanges, document.other_files),
        elsewhere={
            split: {kind: getattr(counts, kind) for kind in KINDS}
            for split, counts in document.other_splits.items()
        },
        crossed=document.crossed,
        too_few=document.too_few,
    )


def _differences(written: Mapping[str, JsonRecord]) -> dict[str, Difference]:
    return {name: _kept(Difference, limit) for name, limit in written.items()}


def drift_from(document: DriftDocument) -> Drift:
    """The comparison of `drift.json`."""
    plain = ("baseline_name", "baseline_fingerprint", "baseline_images", "images", "thin_groups",
             "last_time")  # fmt: skip
    spread, labels, watch = document.spread, document.labels, document.watch
    return Drift(
        **{name: getattr(document, name) for name in plain},
        tests=tuple(_kept(DriftTest, test) for test in document.tests),
        untested=dict(document.untested),
        spread=None if spread is None else _kept(Coverage, spread),
        labels=None if labels is None else _kept(Labels, labels),
        copies=_kept(Copies, document.copies),
        groups=tuple(
            replace(_kept(GroupDrift, group), tests=tuple(_kept(DriftTest, t) for t in group.tests))
            for group in document.groups
        ),
        trends=tuple(_kept(Trend, trend) for trend in document.trends),
        watch=None if watch is None else _kept(Watch, watch),
    )


def _kept(kind: type[Kept], written: JsonRecord) -> Kept:
    """The record whose fields a model in a file has under the same names."""
    return kind(
        **{field.name: _value(getattr(written, field.name), field.type) for field in fields(kind)}  # type: ignore[arg-type]  # each kind is a dataclass
    )


def _value(written: Any, kind: Any) -> Any:
    """Number that JSON has no form for is null there, where a number must stand."""
    return NO_NUMBER if written is None and kind == "float" else written
