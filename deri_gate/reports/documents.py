"""The JSON documents of the contract, as typed records; plain numbers, never NaN."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from deri_gate.errors import SettingError
from deri_gate.reports.plausible import check_plausible
from deri_gate.reports.reading import ReadingInfo
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.output import defused_json
from deri_gate.runtime.strict import fault_of, validated

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.arrays import BoolArray
    from deri_gate.explain.masks import MaskExplanations
    from deri_gate.gate.records import Check, Judgement
    from deri_gate.measuring.measure import Measured
    from deri_gate.scoring.pool import Pool
    from deri_gate.scoring.score import Scored

NUMBERS = re.compile(r"\[(\n(?:[-+.,\d\se]|null)+\n\s*)\]")  # a row of numbers goes on one line
DIGITS = 9  # significant ones kept: what another kernel may add lies below
Number = Annotated[float, Field(allow_inf_nan=False)]


class _Document(BaseModel):
    """More keys than ours may be there; those that are must fit."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class DatasetInfo(_Document):
    """What was measured."""

    name: str
    fingerprint: str
    split: str | None
    images: int  # unreadable ones included
    unreadable: int
    classes: int  # that have an image
    class_counts: dict[str, int]
    read_as: ReadingInfo = ReadingInfo()


class ProfileInfo(_Document):
    """With which definitions and encoder."""

    name: str
    hash: str


class ClassValue(_Document):
    """The mean of a per-image value over one class."""

    value: Number
    images: int  # of the class that have a value


class MetricValue(_Document):
    """A raw value, or why there is none."""

    value: Number | None
    definition: str | None = None  # of the metric under its profile: equal ones compare
    interval: tuple[Number, Number] | None = None
    reason: str | None = None
    suspects: int = 0  # images to look at
    note: str | None = None
    resamples: tuple[Number | None, ...] | None = None  # for the interval of the score
    per_class: dict[str, ClassValue] | None = None  # where images have values


class ShareValue(_Document):
    """A share of the dataset that a suite may limit, or why nothing was looked at."""

    value: Number | None
    reason: str | None = None
    note: str | None = None


class MaskFigures(_Document):
    """Explanations against masks, means over the images with a mask that says something."""

    images: int
    rank_accuracy: Number  # Relevance Rank Accuracy, 0 to 1, higher is better
    mass_accuracy: Number  # Relevance Mass Accuracy, likewise
    positive_ratio: Number  # Positive Attribution Ratio, likewise
    area: Number  # share of the image inside the mask: what each of the three is by chance


class MasksInfo(_Document):
    """The same of all of them and of each class that has one."""

    masked: int  # explained images with a mask
    figures: MaskFigures | None  # None when no mask says anything
    per_class: dict[str, MaskFigures]


class FindingInfo(_Document):
    """Something a person should know about one file."""

    kind: str
    path: str
    detail: str


class MetricsDocument(_Document):
    """`metrics.json`."""

    schema_version: Literal[1]
    dataset: DatasetInfo
    profile: ProfileInfo
    metrics: dict[str, MetricValue]
    findings: tuple[FindingInfo, ...]
    shares: dict[str, ShareValue] = Field(default_factory=dict)
    masks: MasksInfo | None = None  # when explained images have masks


def rounded(value: float | None) -> float | None:
    """The number as it is written: nine significant digits; None for what is no number."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{DIGITS}g}")


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
            read_as=ReadingInfo.of(evidence.whole.reading),
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
    )


def _metric_value(measured: Measured, name: str) -> MetricValue:
    definition = measured.evidence.profile.definitions_of.get(name)
    if name not in measured.answers:
        return MetricValue(value=None, definition=definition, reason=measured.reasons[name])
    answer, between = measured.answers[name], measured.interval(name)
    return MetricValue(
        value=rounded(measured.values[name]),
        definition=definition,
        interval=None if between is None else (_sure(between[0]), _sure(between[1])),
        suspects=len(answer.suspects),
        note=answer.note or None,
        resamples=tuple(rounded(float(v)) for v in measured.resamples[name]),
        per_class=per_class(measured, name),
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
        label: ClassValue(value=_sure(total / count), images=int(count))
        for label, total, count in zip(dataset.classes, totals, counts, strict=True)
        if count
    }


def masks_info(measured: Measured) -> MasksInfo | None:
    """Explanations against masks, of all and of each class; None without masks."""
    found, dataset = measured.masks, measured.evidence.dataset
    if found is None:
        return None
    judged = np.isfinite(found.spread(found.rank_accuracy))
    members = dataset.membership.toarray() > 0
    classes = {
        label: _mask_figures(found, judged & own)
        for label, own in zip(dataset.classes, members.T, strict=True)
    }
    return MasksInfo(
        masked=found.masked,
        figures=_mask_figures(found, judged),
        per_class={label: figures for label, figures in classes.items() if figures is not None},
    )


def _mask_figures(found: MaskExplanations, of: BoolArray) -> MaskFigures | None:
    """Means over these images, shape (N,); None for none."""
    if not of.any():
        return None
    names = ("rank_accuracy", "mass_accuracy", "positive_ratio", "area")
    means = {name: _sure(found.spread(getattr(found, name))[of].mean()) for name in names}
    return MaskFigures(images=int(of.sum()), **means)


def _sure(value: float) -> float:
    """A number that is known to be finite."""
    return float(f"{value:.{DIGITS}g}")


def subscores_document(scored: Scored, pool: Pool) -> dict[str, Any]:
    """`subscores.json`."""
    return {
        "schema_version": 1,
        "pool": {"name": pool.name, "hash": pool.hash},
        "subscores": {name: rounded(value) for name, value in scored.subscores.items()},
    }


def scores_document(scored: Scored, judgement: Judgement | None) -> dict[str, Any]:
    """`scores.json`; without a judgement the verdict is unknown and there are no checks."""
    checks = () if judgement is None else judgement.checks
    return {
        "schema_version": 1,
        "U": rounded(scored.u),
        "DERI1000": rounded(scored.deri1000),
        "interval": _pair(scored.interval),
        "pool_interval": _pair(scored.pool_interval),
        "weights": {name: rounded(weight) for name, weight in scored.weights.items()},
        "verdict": "unknown" if judgement is None else judgement.verdict,
        "checks": [
            {
                "name": check.name,
                "metric": check.row,
                "severity": check.severity,
                "observed": rounded(check.observed),
                "limit": rounded(check.limit),
                "status": check.status,
                "reason": check.reason,
                "detail": check.detail,
                "waiver": _waiver(check),
            }
            for check in checks
        ],
    }


def _waiver(check: Check) -> dict[str, object] | None:
    """Its reason, its last day, and whether the check passes for it alone."""
    if check.waiver is None:
        return None
    until = check.waiver.until.isoformat()
    return {"reason": check.waiver.reason, "until": until, "counts": check.waived}


def _pair(between: tuple[float, float] | None) -> list[float | None] | None:
    return None if between is None else [rounded(between[0]), rounded(between[1])]


def read_metrics(path: Path) -> MetricsDocument:
    """Read a `metrics.json`.

    Raises:
        SettingError: If it cannot be read, or is none.
    """
    fix = "Make one with `deri-gate measure DATASET`."
    try:
        document = validated(read_regular_file(path), MetricsDocument)
        check_plausible(document)
    except OSError as error:
        raise SettingError(f"cannot be read ({error.strerror})", path, fix) from error
    except ValueError as error:
        raise SettingError(f"is not a metrics.json ({fault_of(error)})", path, fix) from error
    return document


def as_json(document: BaseModel | dict[str, Any]) -> str:
    """A document as it is written: the same bytes for the same content."""
    plain = document if isinstance(document, dict) else document.model_dump(mode="json")
    text = json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return defused_json(NUMBERS.sub(lambda row: "[" + " ".join(row[1].split()) + "]", text))
