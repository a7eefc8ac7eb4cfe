"""Files of a report that were edited by hand or by another program: do they hold together?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.metrics.catalogue import METRICS
from deri_gate.scoring.pool import check_range

if TYPE_CHECKING:
    from deri_gate.metrics.base import Metric
    from deri_gate.schemas.metrics import DatasetInfo, MetricsDocument, MetricValue, ShareValue


def check_plausible(document: MetricsDocument) -> None:
    """Refuse numbers that no measurement gives.

    Raises:
        ValueError: If counts, ranges, intervals or lengths do not fit together; says where.
    """
    _check_counts(document.dataset)
    known = {metric.name: metric for metric in METRICS}
    for name, found in document.metrics.items():
        _check_answered(name, found)
        _check_value(name, found, known.get(name))
        if not 0 <= found.suspects <= document.dataset.images:
            raise ValueError(
                f"metrics.{name}: {found.suspects} suspects, more than there are images"
            )
    lengths = {len(f.resamples) for f in document.metrics.values() if f.resamples is not None}
    if len(lengths) > 1:
        raise ValueError("metrics: the resamples differ in length")
    for name, share in document.shares.items():
        _check_answered(name, share)
        if share.value is not None and share.value < 0:
            raise ValueError(f"shares.{name}: {share.value} is below 0")


def _check_counts(info: DatasetInfo) -> None:
    if not 0 <= info.unreadable <= info.images:
        raise ValueError(f"dataset: {info.unreadable} of {info.images} images are unreadable")
    if min(info.class_counts.values(), default=0) < 0:
        raise ValueError("dataset.class_counts: a class has fewer than no images")
    if info.classes != sum(count > 0 for count in info.class_counts.values()):
        raise ValueError("dataset: classes and class_counts do not fit together")


def _check_answered(name: str, value: MetricValue | ShareValue) -> None:
    if (value.value is None) is not bool(value.reason):
        raise ValueError(f"{name}: it takes a value, or null and a reason")


def _check_value(name: str, value: MetricValue, metric: Metric | None) -> None:
    """A number in the metric's range, if the metric is known, and in its own interval."""
    if value.value is None:
        return
    if metric is not None:
        check_range(metric, value.value, "metrics")
    low, high = value.interval or (value.value, value.value)
    if not low <= value.value <= high:
        raise ValueError(
            f"metrics.{name}: {value.value} is not within its interval {low} to {high}"
        )
