"""`metrics.json`: raw values of a dataset, and what was found in it."""

from __future__ import annotations

from typing import Literal

from pydantic import AliasChoices, Field

from deri_gate.schemas.base import Count, JsonRecord, Number, NumberPair, ProfileInfo
from deri_gate.schemas.reading import ReadingInfo

NOT_ASKED = "not asked for"  # reason of a metric that was not wanted


class DatasetInfo(JsonRecord):
    """The dataset that was measured."""

    name: str
    fingerprint: str
    split: str | None
    images: Count  # unreadable ones included
    unreadable: Count
    classes: Count  # that have an image
    class_counts: dict[str, Count]
    read_as: ReadingInfo = ReadingInfo()


class ClassValue(JsonRecord):
    """Mean of a per-image value over one class."""

    value: Number
    images: Count  # of the class that have a value


class SliceValue(JsonRecord):
    """A metric over one class or group alone."""

    name: str
    value: Number
    interval: NumberPair  # with other images of the same slice, 95 %
    images: Count  # that the metric has a value for


class GapInfo(JsonRecord):
    """Difference between the best and the worst slice of one kind or column."""

    value: Number  # 0 or more, in the unit of the metric
    interval: NumberPair  # between these two, with other images of theirs, 95 %
    best: str
    worst: str
    column: str | None  # of the groups; null for classes


class SlicesInfo(JsonRecord):
    """The classes or the groups under one metric."""

    kind: Literal["class", "group"]
    gap: GapInfo | None  # null where no two slices of one column can be judged
    worst: tuple[SliceValue, ...]  # worst first, at most 50
    judged: Count  # slices of 20 images or more
    thin: Count  # slices of fewer images, which are not judged


class MetricValue(JsonRecord):
    """A raw value, or the reason why there is none."""

    value: Number | None
    definition: str | None = None  # of the metric under its profile: equal ones compare
    interval: NumberPair | None = None
    reason: str | None = None
    # Images to look at; up to 0.1 the key was `blamed`.
    suspects: Count = Field(default=0, validation_alias=AliasChoices("suspects", "blamed"))
    note: str | None = None
    resamples: tuple[Number | None, ...] | None = None  # for the interval of the score
    per_class: dict[str, ClassValue] | None = None  # where images have values
    slices: tuple[SlicesInfo, ...] | None = None  # classes, then groups, where images have values


class ShareValue(JsonRecord):
    """A share of the dataset that a suite may limit, or why nothing was looked at."""

    value: Number | None
    reason: str | None = None
    note: str | None = None


class MaskFigures(JsonRecord):
    """Explanations against masks: means over the images whose mask can be compared."""

    images: Count
    rank_accuracy: Number  # Relevance Rank Accuracy, 0 to 1, higher is better
    mass_accuracy: Number  # Relevance Mass Accuracy, 0 to 1, higher is better
    positive_ratio: Number  # Positive Attribution Ratio, 0 to 1, higher is better
    area: Number  # share of the image inside the mask: what each of the three is by chance


class MasksInfo(JsonRecord):
    """Explanations against masks, over all images and by class."""

    masked: Count  # explained images with a mask
    figures: MaskFigures | None  # None when no mask says anything
    per_class: dict[str, MaskFigures]


class QualityGapInfo(JsonRecord):
    """Quality of the explanations minus that of the inverse order, over the explained images."""

    value: Number  # -1 to 1; around 0 the order says nothing, below 0 it is worse than that
    interval: NumberPair  # of another draw of the explained images, 95 %
    images: Count  # explained images that have one


class FindingInfo(JsonRecord):
    """Something a person should know about one file."""

    kind: str
    path: str
    detail: str


class MetricsDocument(JsonRecord):
    """`metrics.json`: raw values of a dataset, and what was found in it."""

    schema_version: Literal[1]
    dataset: DatasetInfo
    profile: ProfileInfo
    metrics: dict[str, MetricValue]
    findings: tuple[FindingInfo, ...]
    shares: dict[str, ShareValue] = Field(default_factory=dict)
    masks: MasksInfo | None = None  # when explained images have masks
    quality_gaps: dict[str, QualityGapInfo] | None = None  # where parts of images were removed
