"""Slices: the classes and the groups of a dataset, each with a metric's value over it alone.

A mean over a dataset hides a class in which every image is blurred, or a scanner that blurs.
Metrics that only speak of classes together, such as imbalance, have no slices.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal

import numpy as np

from deri_gate.metrics.base import Divisible, WeightedMean
from deri_gate.stats.intervals import interval, mean_resamples
from deri_gate.stats.membership import rows_by_class

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.data.dataset import Dataset
    from deri_gate.measuring.measure import Measured
    from deri_gate.metrics.base import Answer, Metric
    from deri_gate.stats.intervals import Interval

SliceKind = Literal["class", "group"]
KINDS: tuple[SliceKind, ...] = ("class", "group")
LEAST = 20  # images of a slice that is judged: the mean of fewer is mostly chance
BLOCK = 64  # slices looked at together, which bounds memory at that many numbers an image


@dataclass(frozen=True, kw_only=True)
class Slice:
    """One class or group, and a metric's value over its images alone."""

    name: str
    column: str = ""  # of the groups; empty for a class
    images: int  # that the metric has a value for
    value: float  # in the metric's own unit
    interval: Interval  # of other images of the same slice, 95 %
    spread: FloatArray  # the value over resamples of its images


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Difference between the best and the worst slice of one kind or column.

    Attributes:
        value: In the metric's own unit, 0 or more.
        interval: Between these two slices, with other images of theirs, 95 %; may be below 0.
        best: The slice with the best value.
        worst: The slice with the worst value.
    """

    value: float
    interval: Interval
    best: Slice
    worst: Slice


@dataclass(frozen=True, kw_only=True)
class Slices:
    """The classes or the groups of a dataset under one metric."""

    judged: tuple[Slice, ...]  # worst first
    thin: int  # slices left out, as they have fewer than `LEAST` images

    @property
    def gap(self) -> Gap | None:
        """The widest gap within one column; None where no column has two slices."""
        by_column = sorted(self.judged, key=lambda one: one.column)  # stable: worst first in each
        gaps = [
            _gap(own[-1], own[0])
            for _, some in groupby(by_column, key=lambda one: one.column)
            if len(own := list(some)) > 1
        ]
        return max(gaps, key=lambda gap: gap.value, default=None)


def _gap(best: Slice, worst: Slice) -> Gap:
    value = abs(best.value - worst.value)
    towards = 1 if best.value >= worst.value else -1
    low, high = interval(towards * (best.spread - worst.spread))
    return Gap(value=value, interval=(low, high), best=best, worst=worst)


def slices_of(measured: Measured) -> dict[tuple[SliceKind, str], Slices]:
    """Find the classes and groups under each metric that has a value an image.

    Args:
        measured: The measured dataset.
    """
    slices: dict[tuple[SliceKind, str], Slices] = {}
    dataset, profile = measured.evidence.dataset, measured.evidence.profile
    for kind in KINDS:
        members = list(_members(dataset, kind))
        for metric in profile.metrics:
            answer = measured.answers.get(metric.name)
            if members and answer is not None and answer.per_image is not None:
                slices[kind, metric.name] = _slices(metric, answer, members, seed=profile.seed)
    return slices


@dataclass(frozen=True)
class _Members:
    """Positions of the images of a class or group."""

    name: str
    column: str
    own: IntArray


def _members(dataset: Dataset, kind: SliceKind) -> Iterator[_Members]:
    if kind == "class":
        for name, own in zip(dataset.classes, rows_by_class(dataset.membership), strict=True):
            yield _Members(name, "", own)
        return
    named = dict(dataset.group_columns)
    if not named and dataset.groups is not None:
        named = {"group": dataset.groups}
    for column, values in named.items():
        for name, own in _by_value(values):
            yield _Members(name if len(named) == 1 else f"{column} {name}", column, own)


def _by_value(values: Sequence[str]) -> Iterator[tuple[str, IntArray]]:
    """Positions of the images of each group; an image without a group is in none."""
    names, numbers = np.unique(np.array(values, dtype=str), return_inverse=True)
    order = np.argsort(numbers, kind="stable")
    ends = np.cumsum(np.bincount(numbers, minlength=len(names)))[:-1]
    for name, own in zip(names.tolist(), np.split(order, ends), strict=True):
        if name:
            yield name, own


def _slices(metric: Metric, answer: Answer, members: Sequence[_Members], *, seed: int) -> Slices:
    assert answer.per_image is not None
    known = np.isfinite(answer.per_image)
    seen = [
        _Members(member.name, member.column, member.own[known[member.own]]) for member in members
    ]
    large = [one for one in seen if len(one.own) >= LEAST]
    values = _values(answer, answer.per_image, [one.own for one in large])
    judged = [
        _slice(metric, answer, one, value=value, seed=seed)
        for one, value in zip(large, values, strict=True)
    ]
    judged.sort(key=lambda one: (metric.sign * one.value, one.name))
    return Slices(judged=tuple(judged), thin=sum(0 < len(one.own) < LEAST for one in seen))


def _slice(metric: Metric, answer: Answer, members: _Members, *, value: float, seed: int) -> Slice:
    """Resample what is averaged; of no mean, the values an image, centred on the value."""
    assert answer.per_image is not None
    averaged = answer.statistic
    values = averaged.values if isinstance(averaged, WeightedMean) else answer.per_image
    drawn = mean_resamples(values[members.own], np.random.default_rng(seed))
    spread = np.clip(drawn - values[members.own].mean() + value, metric.low, metric.high)
    low, high = interval(spread)
    return Slice(
        name=members.name,
        column=members.column,
        images=len(members.own),
        value=value,
        interval=(min(low, value), max(high, value)),
        spread=spread,
    )


def _values(answer: Answer, per_image: FloatArray, parts: Sequence[IntArray]) -> Iterator[float]:
    """The metric over each part alone; over one class alone some have only a mean an image."""
    whole: object = answer.statistic
    for start in range(0, len(parts), BLOCK):
        block, rows = parts[start : start + BLOCK], np.arange(len(per_image))
        statistic = answer.statistic
        if len(parts) > BLOCK and isinstance(whole, Divisible):  # else many would take the square
            rows = np.unique(np.concatenate(block))
            statistic = whole.part(rows)
        weights = np.zeros((len(block), len(rows)), dtype=np.float32)
        for row, own in zip(weights, block, strict=True):
            row[np.searchsorted(rows, own)] = 1
        for value, own in zip(statistic(weights), block, strict=True):
            yield float(value if np.isfinite(value) else per_image[own].mean())
