"""`sufficiency.json`, and its two paragraphs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from deri_gate.reports.text import percent
from deri_gate.runtime.counts import counted, listed
from deri_gate.schemas.base import rounded_finite
from deri_gate.schemas.sufficiency import (
    ClassCoverageInfo,
    CurvePointInfo,
    EmbeddingCoverageInfo,
    ForecastInfo,
    LearningCurveInfo,
    SufficiencyDocument,
    ThinRegionInfo,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deri_gate.data.dataset import Dataset
    from deri_gate.measuring.coverage import ClassCoverage, EmbeddingCoverage, ThinRegion
    from deri_gate.measuring.sufficiency import LearningCurve, Sufficiency

MOST_REGIONS = 20
MOST_CLASSES = 200
EXAMPLES = 5  # images that are named of a region
TOLD = 3  # thin classes that the paragraph names
FEW = 3  # of so many images the largest subset holds one, or fewer: far from half of them


def sufficiency_document(sufficiency: Sufficiency, dataset: Dataset) -> SufficiencyDocument:
    """Make `sufficiency.json`.

    Args:
        sufficiency: Coverage and learning curve.
        dataset: The images that could be read.
    """
    coverage, curve = sufficiency.coverage, sufficiency.curve
    return SufficiencyDocument(
        schema_version=1,
        coverage=None if isinstance(coverage, str) else _coverage(coverage, dataset),
        coverage_reason=coverage if isinstance(coverage, str) else None,
        curve=None if isinstance(curve, str) else _curve(curve, len(dataset)),
        curve_reason=curve if isinstance(curve, str) else None,
    )


def _coverage(coverage: EmbeddingCoverage, dataset: Dataset) -> EmbeddingCoverageInfo:
    return EmbeddingCoverageInfo(
        neighbours=coverage.neighbours,
        fence=rounded_finite(coverage.fence),
        thin_images=coverage.thin_images,
        thin_classes=len(coverage.thin_classes),
        regions=tuple(_region(region, dataset) for region in coverage.regions[:MOST_REGIONS]),
        classes=tuple(map(_class, coverage.classes[:MOST_CLASSES])),
    )


def _region(region: ThinRegion, dataset: Dataset) -> ThinRegionInfo:
    names = Counter(dataset.classes[c] for i in region.images for c in dataset.labels[i])
    return ThinRegionInfo(
        images=len(region.images),
        distance=rounded_finite(region.distance),
        classes=tuple(name for name, _ in names.most_common(EXAMPLES)),
        examples=tuple(dataset.ids[i] for i in region.images[:EXAMPLES]),
    )


def _class(class_: ClassCoverage) -> ClassCoverageInfo:
    return ClassCoverageInfo(
        name=class_.name,
        images=class_.images,
        distance=rounded_finite(class_.distance),
        company=rounded_finite(class_.company),
        recall=None if class_.recall is None else rounded_finite(class_.recall),
        thin=class_.reasons,
    )


def _curve(curve: LearningCurve, images: int) -> LearningCurveInfo:
    """The curve; what all images give, as if a probe had seen them all, and twice as many."""
    law = curve.law
    return LearningCurveInfo(
        points=tuple(
            CurvePointInfo(
                images=rounded_finite(point.images),
                error=rounded_finite(point.error),
                deviation=rounded_finite(point.deviation),
            )
            for point in curve.points
        ),
        floor=rounded_finite(law.floor),
        scale=rounded_finite(law.scale),
        exponent=rounded_finite(law.exponent),
        unit=rounded_finite(law.unit),
        now=_forecast(curve, images),
        twice=_forecast(curve, 2 * images),
    )


def _forecast(curve: LearningCurve, images: int) -> ForecastInfo:
    low, high = curve.law.interval_at(images)
    error = rounded_finite(curve.law.at(images))
    return ForecastInfo(
        images=images, error=error, interval=(rounded_finite(low), rounded_finite(high))
    )


def coverage_text(
    document: SufficiencyDocument, titles: Mapping[str, str], shown: Callable[[str], str]
) -> str:
    """Paragraph on thin classes and regions; empty where they were not looked for.

    Args:
        document: `sufficiency.json`.
        titles: Class names for people, by class.
        shown: Makes a name safe to show.
    """
    coverage = document.coverage
    if coverage is None:
        return ""
    thin = [each_class for each_class in coverage.classes if each_class.thin]
    said = [
        f"{shown(titles.get(class_.name, class_.name))} ({'; '.join(class_.thin)})"
        for class_ in thin[:TOLD]
    ]
    more = coverage.thin_classes - len(said)
    named = ", ".join(said) + (f" and {more:,} more" if more else "")
    classes = (
        f"{counted(coverage.thin_classes, 'thin class')}: {named}" if thin else "No thin class"
    )
    if not coverage.regions:
        return f"{classes}. No image lies in a thin region."
    verb = "lies" if coverage.thin_images == 1 else "lie"
    images = f"{counted(coverage.thin_images, 'image')} {verb} where there are few others"
    largest = coverage.regions[0]
    where = listed([shown(titles.get(name, name)) for name in largest.classes[:2]])
    example = shown(largest.examples[0])
    if coverage.thin_images == 1:
        return f"{classes}. {images}: {example}."
    alone = largest.images == 1
    region = "each alone" if alone else f"the largest group is {largest.images:,}, of {where}"
    return f"{classes}. {images}: {region}, such as {example}."


def curve_text(document: SufficiencyDocument) -> str:
    """Paragraph on what twice as many images would bring; empty without a curve."""
    curve = document.curve
    if curve is None:
        return ""
    now, twice = curve.now, curve.twice
    low, high = (percent(end) for end in twice.interval)
    gain = now.error - twice.error
    brings = "Twice as many images would hardly change that"
    if twice.interval[1] < now.error:
        brings = f"Twice as many images would lower it by {100 * gain:.1f} points"
    elif gain >= 0.01 * max(now.error, 0.1):  # a point of ten
        brings = f"Twice as many images may lower it by {100 * gain:.1f} points"
    return (
        f"With these {now.images:,} images the linear probe takes {percent(now.error)} of unseen "
        f"images for another class (mean over the classes). {brings}, to {percent(twice.error)} "
        f"({low} to {high}).{_seen(curve)}"
    )


def _seen(curve: LearningCurveInfo) -> str:
    """Sentence on a curve of many images, which is measured with few of them; else empty."""
    most = curve.points[-2].images  # the last is the probe itself
    if most * FEW > curve.now.images:
        return ""
    return f" The curve was measured with up to {round(most):,} images, then with all."
