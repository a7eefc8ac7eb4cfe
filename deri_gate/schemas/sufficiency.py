"""`sufficiency.json`: thin classes and regions, and what more images would bring."""

from __future__ import annotations

from typing import Literal

from deri_gate.schemas.base import Count, JsonRecord, Number, NumberPair


class ClassCoverageInfo(JsonRecord):
    """Coverage of one class."""

    name: str
    images: Count
    distance: Number  # median distance to the k-th nearest image, 1 is usual in the dataset
    company: Number  # share of its images with another of the class among the k nearest
    recall: Number | None  # share that the probe recognises unseen, classes counting alike
    thin: tuple[str, ...]  # why it is thin, in words


class ThinRegionInfo(JsonRecord):
    """Neighbouring images that lie far from their k-th nearest."""

    images: Count
    distance: Number  # median distance to the k-th nearest image, 1 is usual in the dataset
    classes: tuple[str, ...]  # of its images, most frequent first
    examples: tuple[str, ...]  # ids, farthest first


class EmbeddingCoverageInfo(JsonRecord):
    """Thin classes and regions."""

    neighbours: Count  # k
    fence: Number  # distance above which an image lies in a thin region
    thin_images: Count  # images in all regions
    thin_classes: Count
    regions: tuple[ThinRegionInfo, ...]  # largest first, at most 20
    classes: tuple[ClassCoverageInfo, ...]  # thin ones first, at most 200


class CurvePointInfo(JsonRecord):
    """Measured error of probes that have seen so many images."""

    images: Number
    error: Number  # mean over the classes of the share that is taken for another, 0 to 1
    deviation: Number  # with other images and other subsets


class ForecastInfo(JsonRecord):
    """Error of a number of images, by the curve."""

    images: Count
    error: Number
    interval: NumberPair  # 95 %


class LearningCurveInfo(JsonRecord):
    """Learning curve of the linear probe: floor + scale * (images / unit) ** -exponent."""

    points: tuple[CurvePointInfo, ...]
    floor: Number
    scale: Number
    exponent: Number
    unit: Number
    now: ForecastInfo
    twice: ForecastInfo


class SufficiencyDocument(JsonRecord):
    """`sufficiency.json`: what is missing is null, beside a reason."""

    schema_version: Literal[1]
    coverage: EmbeddingCoverageInfo | None
    coverage_reason: str | None
    curve: LearningCurveInfo | None
    curve_reason: str | None
