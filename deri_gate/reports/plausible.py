"""Files of a report that were edited by hand or by another program: do they hold together?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.metrics.catalogue import METRICS
from deri_gate.scoring.pool import check_range

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from deri_gate.metrics.base import Metric
    from deri_gate.schemas.metrics import DatasetInfo, MetricsDocument, MetricValue, ShareValue


def check_plausible(document: MetricsDocument) -> None:
    """Refuse numbers that no measurement gives.

    Raises:
        ValueError: If counts, ranges, intervals or lengths do not fit together; says where.
    """
    _check_counts(document.dataset)
    _check_parts("", _explained_in(document), document.dataset.images)
    known = {metric.name: metric for metric in METRICS}
    for name, found in document.metrics.items():
        _check_answered(name, found)
        _check_value(name, found, known.get(name))
        _check_parts(f"metrics.{name}.", _parts_of(found), document.dataset.images)
    lengths = {len(f.resamples) for f in document.metrics.values() if f.resamples is not None}
    if len(lengths) > 1:
        raise ValueError("metrics: the resamples differ in length")
    for name, share in document.shares.items():
        _check_answered(name, share)
        if share.value is not None and share.value < 0:
            raise ValueError(f"shares.{name}: {share.value} is below 0")


def _check_counts(info: DatasetInfo) -> None:
    if info.unreadable > info.images:
        raise ValueError(f"dataset: {info.unreadable} of {info.images} images are unreadable")
    if max(info.class_counts.values(), default=0) > info.images:
        raise ValueError("dataset.class_counts: a class has more images than there are")
    if info.classes != sum(count > 0 for count in info.class_counts.values()):
        raise ValueError("dataset: classes and class_counts do not fit together")


def _parts_of(found: MetricValue) -> Iterator[tuple[str, int]]:
    """Numbers of images in what was said of a metric, with their places."""
    yield "suspects", found.suspects
    for one in (found.per_class or {}).values():
        yield "per_class", one.images
    for kind in found.slices or ():
        for slice_ in kind.worst:
            yield "slices", slice_.images


def _explained_in(document: MetricsDocument) -> Iterator[tuple[str, int]]:
    """Numbers of images that were explained or have a mask, with their places."""
    for name, gap in (document.quality_gaps or {}).items():
        yield f"quality_gaps.{name}", gap.images
    if document.masks is not None:
        yield "masks.masked", document.masks.masked
        figures = (document.masks.figures, *document.masks.per_class.values())
        for one in filter(None, figures):
            yield "masks.images", one.images


def _check_parts(where: str, parts: Iterable[tuple[str, int]], images: int) -> None:
    """No part of the images is larger than all of them."""
    for name, count in parts:
        if count > images:
            raise ValueError(f"{where}{name}: {count} of {images} images")


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
