"""The documents of one dataset: metrics.json, subscores.json and scores.json."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.measuring.devices import device_note
from deri_gate.measuring.quality_gap import quality_gaps
from deri_gate.measuring.slices import KINDS
from deri_gate.reports.plausible import check_plausible
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.strict import faults_told, validated
from deri_gate.schemas.base import PoolInfo, ProfileInfo, rounded, rounded_finite, rounded_pair
from deri_gate.schemas.metrics import (
    ClassValue,
    DatasetInfo,
    FindingInfo,
    GapInfo,
    MaskFigures,
    MasksInfo,
    MetricsDocument,
    MetricValue,
    QualityGapInfo,
    ShareValue,
    SlicesInfo,
    SliceValue,
)
from deri_gate.schemas.reading import ReadingInfo
from deri_gate.schemas.scores import (
    CheckInfo,
    MemberInfo,
    ScoresDocument,
    SubscoresDocument,
    WaiverInfo,
)
from deri_gate.schemas.statuses import Status

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.arrays import BoolArray
    from deri_gate.explain.masks import MaskExplanations
    from deri_gate.gate.records import Check, Judgement
    from deri_gate.measuring.measure import Measured
    from deri_gate.measuring.slices import Gap, Slice
    from deri_gate.scoring.pool import Pool
    from deri_gate.scoring.score import Scored

MOST_SLICES = 50  # that metrics.json holds a metric and kind


def metrics_document(measured: Measured) -> MetricsDocument:
    """`metrics.json` of a measured dataset."""
    evidence = measured.evidence
    counts = evidence.dataset.class_counts()
    return MetricsDocument(
        schema_version=1,
        dataset=DatasetInfo(
            name=evidence.whole.name,
            fingerprint=evidence.fingerprint,
            split=measured.split,
            images=len(evidence.whole),
            unreadable=int((~evidence.scan.readable).sum()),
            classes=sum(count > 0 for count in counts.values()),
            class_counts=counts,
            read_as=_read_as(measured),
        ),
        profile=ProfileInfo(name=evidence.profile.name, hash=evidence.profile.hash),
        metrics={name: _metric_value(measured, name) for name in measured.values},
        findings=tuple(
            FindingInfo(kind=f.kind, path=f.path, detail=f.detail)
            for f in sorted(measured.findings, key=lambda f: f.kind == "ignored")  # counted above
        ),
        shares={
            name: ShareValue(
                value=rounded(share.value), reason=share.reason or None, note=share.note or None
            )
            for name, share in measured.shares.items()
        },
        masks=masks_info(measured),
        quality_gaps=_quality_gaps(measured),
    )


def _read_as(measured: Measured) -> ReadingInfo:
    """The reader's record, and how neighbours were found and where, where that matters."""
    evidence = measured.evidence
    info, names = ReadingInfo.of(evidence.whole.reading), frozenset(measured.answers)
    notes = [evidence.search_note, device_note(evidence.profile, names)]
    return info.model_copy(update={"notes": (*info.notes, *filter(None, notes))})


def _metric_value(measured: Measured, name: str) -> MetricValue:
    definition = measured.evidence.profile.definitions_of.get(name)
    if name not in measured.answers:
        return MetricValue(value=None, definition=definition, reason=measured.reasons[name])
    answer, between = measured.answers[name], measured.interval(name)
    return MetricValue(
        value=rounded(measured.values[name]),
        definition=definition,
        interval=None if between is None else _sure_pair(between),
        suspects=len(answer.suspects),
        note=answer.note or None,
        resamples=tuple(rounded(float(v)) for v in measured.resamples[name]),
        per_class=per_class(measured, name),
        slices=slices_info(measured, name),
    )


def per_class(measured: Measured, name: str) -> dict[str, ClassValue] | None:
    """A metric's mean over the images of each class; None when it has no value an image."""
    values = measured.answers[name].per_image
    if values is None:
        return None
    dataset = measured.evidence.dataset
    known = np.isfinite(values)
    counts = dataset.membership.T @ known.astype(float)
    totals = dataset.membership.T @ np.where(known, values, 0.0)
    return {
        label: ClassValue(value=rounded_finite(total / count), images=int(count))
        for label, total, count in zip(dataset.classes, totals, counts, strict=True)
        if count
    }


def slices_info(measured: Measured, name: str) -> tuple[SlicesInfo, ...] | None:
    """Classes and groups under a metric; None when it has no value an image."""
    sliced = [(kind, measured.slices.get((kind, name))) for kind in KINDS]
    return (
        tuple(
            SlicesInfo(
                kind=kind,
                gap=None if slices.gap is None else _gap_info(slices.gap),
                worst=tuple(_slice_value(slice_) for slice_ in slices.judged[:MOST_SLICES]),
                judged=len(slices.judged),
                thin=slices.thin,
            )
            for kind, slices in sliced
            if slices is not None
        )
        or None
    )


def _slice_value(one: Slice) -> SliceValue:
    return SliceValue(
        name=one.name,
        value=rounded_finite(one.value),
        interval=_sure_pair(one.interval),
        images=one.images,
    )


def _gap_info(gap: Gap) -> GapInfo:
    return GapInfo(
        value=rounded_finite(gap.value),
        interval=_sure_pair(gap.interval),
        best=gap.best.name,
        worst=gap.worst.name,
        column=gap.best.column or None,
    )


def _quality_gaps(measured: Measured) -> dict[str, QualityGapInfo] | None:
    """Gaps by the name of the row; None without any."""
    gaps = {
        name: QualityGapInfo(
            value=rounded_finite(gap.value), interval=_sure_pair(gap.interval), images=gap.images
        )
        for name, gap in quality_gaps(measured).items()
    }
    return gaps or None


def masks_info(measured: Measured) -> MasksInfo | None:
    """Explanations against masks, of all and of each class; None without masks."""
    masks, dataset = measured.masks, measured.evidence.dataset
    if masks is None:
        return None
    judged = np.isfinite(masks.spread(masks.rank_accuracy))
    columns = dataset.membership.tocsc()
    classes = {
        label: _mask_figures(masks, judged & (columns[:, [k]].toarray().ravel() > 0))
        for k, label in enumerate(dataset.classes)
    }
    return MasksInfo(
        masked=masks.masked,
        figures=_mask_figures(masks, judged),
        per_class={label: figures for label, figures in classes.items() if figures is not None},
    )


def _mask_figures(masks: MaskExplanations, of: BoolArray) -> MaskFigures | None:
    """Means over these images, shape (N,); None for none."""
    if not of.any():
        return None
    names = ("rank_accuracy", "mass_accuracy", "positive_ratio", "area")
    means = {name: rounded_finite(masks.spread(getattr(masks, name))[of].mean()) for name in names}
    return MaskFigures(images=int(of.sum()), **means)


def _sure_pair(values: tuple[float, float]) -> tuple[float, float]:
    return rounded_finite(values[0]), rounded_finite(values[1])


def subscores_document(scored: Scored, pool: Pool | PoolInfo) -> SubscoresDocument:
    """`subscores.json`."""
    return SubscoresDocument(
        schema_version=1,
        pool=PoolInfo(name=pool.name, hash=pool.hash),
        subscores={name: rounded(value) for name, value in scored.subscores.items()},
    )


def scores_document(scored: Scored, judgement: Judgement | None) -> ScoresDocument:
    """`scores.json`; without a judgement the verdict is unknown and there are no checks."""
    checks = () if judgement is None else judgement.checks
    return ScoresDocument(
        schema_version=1,
        U=rounded(scored.u),
        DERI1000=rounded(scored.deri1000),
        complete=scored.complete,
        interval=rounded_pair(scored.interval),
        image_interval=rounded_pair(scored.image_interval),
        pool_interval=rounded_pair(scored.pool_interval),
        weights={name: rounded(weight) for name, weight in scored.weights.items()},
        weights_used=scored.weights_used,
        member=_member(scored),
        verdict=Status.UNKNOWN if judgement is None else judgement.verdict,
        checks=tuple(map(_check, checks)),
    )


def _member(scored: Scored) -> MemberInfo | None:
    if scored.member is None:
        return None
    alone = rounded(scored.member.without_itself)
    return MemberInfo(name=scored.member.name, without_itself=alone)


def _check(check: Check) -> CheckInfo:
    return CheckInfo(
        name=check.name,
        metric=check.row,
        severity=check.severity,
        observed=rounded(check.observed),
        limit=rounded(check.limit),
        status=check.status,
        reason=check.reason,
        detail=check.detail,
        waiver=_waiver(check),
        column=check.column,
        bound=check.bound,
        slice=check.slice,
        figure=check.figure,
    )


def _waiver(check: Check) -> WaiverInfo | None:
    """Reason and last day of a waiver, and whether the check passes for it alone."""
    if check.waiver is None:
        return None
    until = check.waiver.until.isoformat()
    return WaiverInfo(reason=check.waiver.reason, until=until, counts=check.waived)


def read_metrics(path: Path) -> MetricsDocument:
    """Read a `metrics.json`.

    Raises:
        SettingError: If it cannot be read, or is none.
    """
    fix = "Make one with `deri-gate measure DATASET`."
    with faults_told("is not a metrics.json", path, fix, unread="cannot be read"):
        document = validated(read_regular_file(path), MetricsDocument)
        check_plausible(document)
    return document
