"""Sufficiency: what more images would bring, by the learning curve of the linear probe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.errors import UnmeasurableError
from deri_gate.features import forms
from deri_gate.features.learning_curve import (
    LEAST_SIZES,
    SUBSETS,
    VERSION,
    CurvePoint,
    balanced_error,
    out_of_fold_hits,
    points_from_bytes,
    points_to_bytes,
    subset_points,
)
from deri_gate.measuring.coverage import EmbeddingCoverage, coverage_of
from deri_gate.stats.power_law import PowerLaw, fit_power_law

if TYPE_CHECKING:
    from deri_gate.measuring.evidence import Evidence

FITS = sum(count for _, count in SUBSETS)


@dataclass(frozen=True, kw_only=True)
class LearningCurve:
    """Error of the linear probe over the number of images that it has seen.

    Attributes:
        points: Measured errors, the most images last.
        law: Power law through them.
    """

    points: tuple[CurvePoint, ...]
    law: PowerLaw


@dataclass(frozen=True, kw_only=True)
class Sufficiency:
    """Coverage and learning curve; each may be a reason why it is missing.

    Attributes:
        coverage: Thin classes and regions.
        curve: The learning curve.
    """

    coverage: EmbeddingCoverage | str
    curve: LearningCurve | str


def sufficiency_of(evidence: Evidence) -> Sufficiency:
    """Find thin classes and regions, and fit the learning curve.

    With an earlier state there is no curve: a small change moves it little, and fitting it would
    cost more than the rest.

    Args:
        evidence: The measured images.
    """
    if evidence.earlier is not None:
        curve: LearningCurve | str = "only of a dataset alone, not of a change"
    elif "probe" not in evidence.wanted:
        curve = "no metric that was asked for needs a probe"
    else:
        try:
            curve = _curve(evidence)
        except UnmeasurableError as error:
            curve = error.what
    return Sufficiency(coverage=coverage_of(evidence), curve=curve)


def _curve(evidence: Evidence) -> LearningCurve:
    profile, measured = evidence.profile, (*_subset_points(evidence), _last_point(evidence))
    # With few groups, subsets of two sizes hold the same images: these count once.
    points = list({point.images: point for point in measured}.values())
    if len(points) <= LEAST_SIZES or points[-1].images <= points[-2].images:
        raise UnmeasurableError(
            f"too few images in its classes or groups for a learning curve: {len(evidence.dataset)}"
        )
    counts, errors, deviations = np.array([(p.images, p.error, p.deviation) for p in points]).T
    law = fit_power_law(counts, errors, deviations, seed=profile.seed)
    return LearningCurve(points=tuple(points), law=law)


def _subset_points(evidence: Evidence) -> tuple[CurvePoint, ...]:
    dataset, profile, machine = evidence.dataset, evidence.profile, evidence.context.machine

    def make() -> bytes:
        with machine.bar(FITS, "fitting the learning curve", unit="fit") as bar:
            points = subset_points(
                evidence.features,
                dataset.membership,
                multilabel=dataset.multilabel,
                groups=dataset.groups,
                seed=profile.seed,
                tick=bar.update,
            )
            return points_to_bytes(points)

    kind = f"learning-curve-{VERSION}-{profile.seed}-{profile.network_hash}"
    return points_from_bytes(evidence.kept(kind, make, forms.read_by(points_from_bytes)))


def _last_point(evidence: Evidence) -> CurvePoint:
    """Point of the probe itself, each image tested by the fit that left it out."""
    dataset, folds = evidence.dataset, evidence.profile.folds
    multilabel, members = dataset.multilabel, dataset.membership
    hits = out_of_fold_hits(evidence.probe.out_of_fold, members, multilabel=multilabel)
    error, variance = balanced_error(hits, members)
    images = len(dataset) * (1 - 1 / folds)
    return CurvePoint(images=images, error=error, deviation=float(np.sqrt(variance)))
