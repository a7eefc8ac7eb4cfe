"""The worst class and the worst group of a dataset, as rows that a suite may limit.

A mean over a dataset hides a class in which every image is blurred. For each metric that says
something of single images there is a row `worst_class.METRIC`, and `worst_group.METRIC` where
the images have groups (patients, sites, of every column that names some): the metric's value over
the images of that part alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.gate.records import Row, SliceKind, row_name
from deri_gate.metrics.catalogue import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.measuring.measure import Measured
    from deri_gate.metrics.base import Answer, Metric

KINDS: tuple[SliceKind, ...] = ("class", "group")
LEAST = 20  # images of a part that is judged: the mean of fewer is mostly chance
BLOCK = 64  # parts looked at together, which bounds memory at that many numbers an image


@dataclass(frozen=True, kw_only=True)
class Slice:
    """One class or group, and a metric's value over its images alone."""

    name: str
    images: int  # that the metric has a value for
    value: float  # in the metric's own unit


@dataclass(frozen=True, kw_only=True)
class Slices:
    """The classes or the groups of a dataset under one metric."""

    judged: tuple[Slice, ...]  # worst first
    thin: int  # parts left out, as they have fewer than `LEAST` images


def slice_names() -> tuple[str, ...]:
    """The names of all rows that `worst_rows` may give, whatever the dataset."""
    return tuple(row_name(metric.name, kind) for kind in KINDS for metric in METRICS)


def slice_rows(measured: Measured, parts: Mapping[tuple[SliceKind, str], Slices]) -> list[Row]:
    """A row a kind and metric, measured or not: what a suite names and nobody saw is unknown."""
    return [
        _row(kind, metric, parts.get((kind, metric.name)))
        for kind in KINDS
        for metric in measured.evidence.profile.metrics
    ]


def _row(kind: SliceKind, metric: Metric, parts: Slices | None) -> Row:
    if parts is None or not parts.judged:
        many = {"class": "classes", "group": "groups"}[kind]
        why = f"no {kind} of {LEAST} images" if parts else f"says nothing of single {many} here"
        return _row_of(kind, metric, None, why)
    worst = parts.judged[0]
    thin = f"; {parts.thin} of fewer than {LEAST} images not judged" if parts.thin else ""
    about = f"worst {kind} is {worst.name}, {worst.images} images{thin}"
    return _row_of(kind, metric, worst.value, about)


def _row_of(kind: SliceKind, metric: Metric, value: float | None, about: str) -> Row:
    return Row(metric=metric.name, slice=kind, raw=value, subscore=None, weight=None, about=about)


def slices_of(measured: Measured) -> dict[tuple[SliceKind, str], Slices]:
    """Classes and groups under each metric that has a value an image.

    Metrics that only speak of classes together, such as imbalance, are left out.
    """
    found: dict[tuple[SliceKind, str], Slices] = {}
    for kind in KINDS:
        members = dict(_members(measured, kind))
        for metric in measured.evidence.profile.metrics:
            answer = measured.answers.get(metric.name)
            if members and answer is not None and answer.per_image is not None:
                found[kind, metric.name] = _parts(metric, answer, answer.per_image, members)
    return found


def _members(measured: Measured, kind: SliceKind) -> Iterator[tuple[str, IntArray]]:
    """Positions of the images of each part, by its name."""
    dataset = measured.evidence.dataset
    if kind == "class":
        columns = dataset.membership.tocsc()
        for k, name in enumerate(dataset.classes):
            own = columns.indices[columns.indptr[k] : columns.indptr[k + 1]]
            yield name, own.astype(np.int64)
    else:
        slices = dict(dataset.group_columns)
        if not slices and dataset.groups is not None:
            slices = {"group": dataset.groups}
        for column, values in slices.items():
            for name, positions in _slices(values):
                yield name if len(slices) == 1 else f"{column} {name}", positions


def _slices(values: Sequence[str]) -> Iterator[tuple[str, IntArray]]:
    """Positions of the images of each group; an image without a group is in none."""
    names, numbers = np.unique(np.array(values, dtype=str), return_inverse=True)
    order = np.argsort(numbers, kind="stable")
    ends = np.cumsum(np.bincount(numbers, minlength=len(names)))[:-1]
    for name, own in zip(names.tolist(), np.split(order, ends), strict=True):
        if name:
            yield name, own


def _parts(
    metric: Metric, answer: Answer, per_image: FloatArray, members: Mapping[str, IntArray]
) -> Slices:
    seen = {name: own[np.isfinite(per_image[own])] for name, own in members.items()}
    large = {name: own for name, own in seen.items() if len(own) >= LEAST}
    values = _values(answer, per_image, list(large.values()))
    judged = [
        Slice(name=name, images=len(own), value=value)
        for (name, own), value in zip(large.items(), values, strict=True)
    ]
    judged.sort(key=lambda part: (metric.sign * part.value, part.name))
    return Slices(judged=tuple(judged), thin=sum(0 < len(own) < LEAST for own in seen.values()))


def _values(answer: Answer, per_image: FloatArray, parts: Sequence[IntArray]) -> Iterator[float]:
    """The metric over each part alone; over one class alone some have only a mean an image."""
    for start in range(0, len(parts), BLOCK):
        block = parts[start : start + BLOCK]
        weights = np.zeros((len(block), len(per_image)), dtype=np.float32)
        for row, own in zip(weights, block, strict=True):
            row[own] = 1
        for value, own in zip(answer.statistic(weights), block, strict=True):
            yield float(value if np.isfinite(value) else per_image[own].mean())
