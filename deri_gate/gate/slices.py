"""Slices as rows that a suite may limit: the worst one, and the gap to the best one.

For each metric that says something of single images there are the rows `worst_class.METRIC` and
`gap_class.METRIC`, and the same of `group` where the images have groups (patients, sites, of
every column that names some).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.gate.records import FIGURES, Row, SliceFigure, row_name
from deri_gate.measuring.slices import KINDS, LEAST
from deri_gate.metrics.catalogue import METRICS
from deri_gate.runtime.counts import counted
from deri_gate.runtime.figures import figure, in_unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.measuring.measure import Measured
    from deri_gate.measuring.slices import Gap, SliceKind, Slices
    from deri_gate.metrics.base import Metric

MANY = {"class": "classes", "group": "groups"}


def slice_names() -> tuple[str, ...]:
    """The names of all rows that `slice_rows` may give, whatever the dataset."""
    return tuple(
        row_name(metric.name, kind, figure)
        for figure in FIGURES
        for kind in KINDS
        for metric in METRICS
    )


def slice_rows(measured: Measured, slices: Mapping[tuple[SliceKind, str], Slices]) -> list[Row]:
    """Rows of each kind and metric, measured or not: what a suite names and nobody saw is unknown.

    Args:
        measured: The measured dataset.
        slices: Its slices, by kind and metric.
    """
    without = () if measured.evidence.dataset.group_columns else ("group",)
    return [
        row
        for kind in KINDS
        for metric in measured.evidence.profile.metrics
        for row in _rows(kind, metric, slices.get((kind, metric.name)), there=kind not in without)
    ]


def _rows(
    kind: SliceKind, metric: Metric, slices: Slices | None, *, there: bool
) -> tuple[Row, Row]:
    if slices is None:
        none = f"{metric.name} was not measured for single {MANY[kind]}"
        why = none if there else f"the dataset has no {MANY[kind]}"
        return _row(kind, metric, "worst", None, why), _row(kind, metric, "gap", None, why)
    thin = f"; {slices.thin} of fewer than {LEAST} images not judged" if slices.thin else ""
    return _worst(kind, metric, slices, thin), _widest(kind, metric, slices.gap, thin)


def _worst(kind: SliceKind, metric: Metric, slices: Slices, thin: str) -> Row:
    if not slices.judged:
        return _row(kind, metric, "worst", None, f"no {kind} of {LEAST} images")
    worst = slices.judged[0]
    about = f"worst {kind} is {worst.name}, {counted(worst.images, 'image')}{thin}"
    return _row(kind, metric, "worst", worst.value, about)


def _widest(kind: SliceKind, metric: Metric, gap: Gap | None, thin: str) -> Row:
    if gap is None:
        return _row(kind, metric, "gap", None, f"no two {MANY[kind]} of {LEAST} images{thin}")
    best, worst = (in_unit(one.value, metric.unit) for one in (gap.best, gap.worst))
    low, high = (figure(end, metric.unit) for end in gap.interval)
    about = (
        f"from {gap.best.name}, the best {kind}, {best} over"
        f" {counted(gap.best.images, 'image')}, to {gap.worst.name}, {worst} over"
        f" {counted(gap.worst.images, 'image')}; 95 % between {low} and {high}{thin}"
    )
    return _row(kind, metric, "gap", gap.value, about)


def _row(
    kind: SliceKind, metric: Metric, figure: SliceFigure, value: float | None, about: str
) -> Row:
    return Row(
        metric=metric.name, slice=kind, figure=figure, raw=value, subscore=None, weight=None,
        about=about,
    )  # fmt: skip
