"""Raw values with their intervals, and suspects, from evidence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.errors import SettingError, UnmeasurableError, did_you_mean
from deri_gate.measuring.copy_shares import copy_shares, of_labels
from deri_gate.measuring.denied_elsewhere import denied_elsewhere
from deri_gate.measuring.divided import divided_share
from deri_gate.measuring.evidence import Evidence
from deri_gate.measuring.giving_away import shortcut_shares
from deri_gate.measuring.leakage import Leaks, leaks_of, nothing_to_leak
from deri_gate.measuring.noticed import noticed_in
from deri_gate.measuring.oddities import Oddities, oddities_of
from deri_gate.measuring.shares import (
    SHARES,
    Share,
    private_share,
    shares_of_findings,
    unreadable_share,
)
from deri_gate.measuring.slices import slices_of
from deri_gate.measuring.sources import Sources
from deri_gate.measuring.traced import traced_share
from deri_gate.measuring.unusable_masks import unusable_masks
from deri_gate.measuring.whole_set import WholeSet, whole_set_of
from deri_gate.metrics.base import Answer, Metric, WeightedMean, outliers
from deri_gate.metrics.plugged import answer_of, naming_metric
from deri_gate.runtime.large_arrays import large_array
from deri_gate.schemas.metrics import NOT_ASKED
from deri_gate.stats.intervals import Interval, interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.arrays import FloatArray
    from deri_gate.data.dataset import Dataset, Finding
    from deri_gate.explain.masks import MaskExplanations
    from deri_gate.measuring.copies import Images
    from deri_gate.measuring.slices import SliceKind, Slices
    from deri_gate.metrics.context import Context
    from deri_gate.metrics.profile import Profile

CELLS = 2**25  # of resamples by images, of which a statistic is asked at once
RESAMPLES = 200  # bootstrap resamples of the images; 95 % limits to about a tenth of their width


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Measured values of one dataset.

    Attributes:
        evidence: Where it comes from; its `dataset` is what could be read.
        split: Which split was judged, None when the dataset has none.
        answers: By metric measured, its answer.
        values: By metric of the profile, its value, None when not measured.
        reasons: By metric not measured, why.
        findings: What the reader and the pass noticed.
        oddities: Looks of the images, and which of them are odd.
        whole_set: What no single metric is about.
        others: The images of the other splits, for leakage; None when there are none.
        everywhere: The images of all splits, the judged one first; None when there are no others.
        accepted: Path and reason of each case that a person has accepted.
    """

    evidence: Evidence
    split: str | None
    answers: Mapping[str, Answer]
    values: Mapping[str, float | None]
    reasons: Mapping[str, str]
    findings: tuple[Finding, ...]
    oddities: Oddities
    whole_set: WholeSet
    others: Evidence | None = None
    everywhere: Images | None = None
    accepted: frozenset[tuple[str, str]] = frozenset()

    def __repr__(self) -> str:
        """Name, number of images and values, for a prompt."""
        data = self.evidence.whole
        values = [f"{name} {v:.4g}" for name, v in self.values.items() if v is not None]
        return f"{data.name}: {len(data):,} images, {', '.join(values) or 'nothing measured'}"

    @cached_property
    def resamples(self) -> Mapping[str, FloatArray]:
        """By metric measured, its value over resamples of the images, shape (B,)."""
        profile = self.evidence.profile
        weights = bootstrap(len(self.evidence.dataset), np.random.default_rng(profile.seed))
        return {
            m.name: resampled(m, self.answers[m.name], self.values[m.name], weights)
            for m in profile.metrics
            if m.name in self.answers
        }

    @property
    def masks(self) -> MaskExplanations | None:
        """Explanations against masks; None when nothing was explained, or nothing has a mask."""
        return _against_masks(self.evidence, self.answers)

    @cached_property
    def shares(self) -> dict[str, Share]:
        """Shares that a suite may limit besides metrics and scores, by the names in `SHARES`."""
        evidence, whole = self.evidence, self.evidence.whole
        everywhere = len(whole) + (0 if self.others is None else len(self.others.whole))
        shares = {
            "unreadable_share": unreadable_share(evidence, self.others),
            "unusable_masks": unusable_masks(self.findings, *filter(None, (evidence, self.others))),
            **copy_shares(evidence, self.accepted),
            **of_labels(shares_of_findings(self.findings, everywhere), evidence, self.others),
            "divided_share": divided_share(self.findings, *filter(None, (evidence, self.others))),
            "private_share": private_share(whole.findings, everywhere, whole.reading.headers),
            "traced_share": traced_share(*filter(None, (evidence, self.others))),
            **self.whole_set.shares,
            "denied_elsewhere": denied_elsewhere(evidence, self.others),
            **shortcut_shares(evidence.shortcuts),
            **self.sources.shares(),
            **self.leaks.shares,
        }
        return {name: shares[name] for name in SHARES}

    @cached_property
    def slices(self) -> Mapping[tuple[SliceKind, str], Slices]:
        """Classes and groups by kind and metric, of metrics that have a value an image."""
        return slices_of(self)

    @cached_property
    def sources(self) -> Sources:
        """Columns and properties of files that tell the class or the split."""
        return Sources(evidence=self.evidence, others=self.others)

    @cached_property
    def leaks(self) -> Leaks:
        """Leakage between the splits; looks at the images of the others at the first request."""
        folds = set(self.evidence.dataset.splits or ())  # of a cross-validation all are judged
        if self.others is None and len(folds) < 2:  # noqa: PLR2004
            return nothing_to_leak([self.split or ""])
        return leaks_of(self.everywhere or self.evidence.pictures)

    def interval(self, metric: str) -> Interval | None:
        """The middle 95 % of a metric's resamples, widened to hold its value."""
        value = self.values[metric]
        if value is None or not np.isfinite(self.resamples[metric]).any():
            return None
        low, high = interval(self.resamples[metric])
        return min(low, value), max(high, value)


def metrics_named(wanted: str, profile: Profile) -> tuple[Metric, ...]:
    """The metrics that `--metrics` asks for: "all", "data" (no explanations), or names.

    Raises:
        SettingError: If a name is not a metric's.
    """
    every = {m.name: m for m in profile.metrics}
    if wanted == "all":
        return profile.metrics
    if wanted == "data":
        return tuple(m for m in profile.metrics if not m.explains)
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    for name in names:
        if name not in every:
            hint = did_you_mean(name, every)
            raise SettingError(f"there is no metric {name!r}", "--metrics", hint)
    if not names:
        raise SettingError("no metric is named", "--metrics", "Give all, data, or names.")
    return tuple(m for m in profile.metrics if m.name in names)


def measure_dataset(
    dataset: Dataset,
    *,
    split: str | None,
    context: Context,
    metrics: tuple[Metric, ...],
    others: Dataset | None = None,
    earlier: Measured | None = None,
) -> Measured:
    """Measure these metrics on these images, one pass over them for all.

    A metric that has no answer here, because there is one class only or too few images, gets
    no value and a reason; so do those that were not asked for.

    Args:
        dataset: The images that are judged.
        split: Which split they are, None when there are none.
        context: By which definitions, with which results at hand, on which machine.
        metrics: Metrics of its profile that are asked for.
        others: The images of the other splits, which leakage is about.
        earlier: An earlier state of the dataset, with the same profile and metrics; what is
            known of it is taken over, see `Evidence`.
    """
    wanted = frozenset(name for m in metrics for name in m.needs) | {"images"}
    before = None if earlier is None else earlier.evidence
    evidence = Evidence(dataset, context, wanted, before)
    answers, reasons = _answers(evidence, metrics)
    oddities = oddities_of(evidence)
    answers = oddities.replaced(answers)
    count = len(evidence.dataset)
    values = {
        m.name: _value(m, answers[m.name], count) if m.name in answers else None
        for m in context.profile.metrics
    }
    beside = Evidence(others, context, frozenset({"images"})) if others else None  # no embedding
    everywhere = None if beside is None else evidence.pictures + beside.pictures
    whole_set = whole_set_of(evidence, beside)
    noticed = noticed_in(
        evidence,
        answers=answers,
        seen=oddities.seen,
        whole_set=whole_set,
        masks=_against_masks(evidence, answers),
        beside=beside,
        everywhere=everywhere or evidence.pictures,
    )
    return Measured(
        evidence=evidence,
        split=split,
        answers=answers,
        values=values,
        reasons=reasons,
        whole_set=whole_set,
        oddities=oddities,
        findings=noticed,
        others=beside,
        everywhere=everywhere,
    )


def _answers(
    evidence: Evidence, metrics: tuple[Metric, ...]
) -> tuple[dict[str, Answer], dict[str, str]]:
    """Answers by metric, and for every other metric of the profile the reason for none."""
    answers: dict[str, Answer] = {}
    reasons = {m.name: NOT_ASKED for m in evidence.profile.metrics if m not in metrics}
    for metric in metrics:
        try:
            answers[metric.name] = _answer(metric, evidence)
        except UnmeasurableError as error:
            reasons[metric.name] = error.what
    return answers, reasons


def _against_masks(evidence: Evidence, answers: Mapping[str, Answer]) -> MaskExplanations | None:
    """Compare existing explanations with masks; never starts explaining."""
    if not any(m.explains and m.name in answers for m in evidence.profile.metrics):
        return None
    return evidence.mask_explanations


def _answer(metric: Metric, evidence: Evidence) -> Answer:
    if not evidence.scan.readable.any():
        raise UnmeasurableError("no image could be read")
    if metric.compute is not None:
        return answer_of(metric, evidence)
    values = evidence.images.values[metric.name]
    suspects = outliers(metric.on_scale(values), worse=-metric.sign)
    return Answer(statistic=WeightedMean(values), per_image=values, suspects=suspects)


def _value(metric: Metric, answer: Answer, count: int) -> float:
    with naming_metric(metric):
        value = float(answer.statistic(np.ones((1, count)))[0])
        if metric.low <= value <= metric.high:  # NaN is not; a bug of ours, so it is traced
            return value
        raise AssertionError(
            f"{metric.name} gave {value}, outside {metric.low:g} to {metric.high:g}"
        )


def resampled(
    metric: Metric, answer: Answer, value: float | None, weights: FloatArray
) -> FloatArray:
    """The value over resamples, centred on the value itself.

    A resample repeats images, and some metrics take repetition for what it is: less variety, more
    copies. That part of a resample's value is no uncertainty, so it is taken off. A resample of two
    datasets together may leave a tiny one out, and has no value for it: NaN.
    """
    assert value is not None
    holds = weights.any(axis=1)
    drawn: FloatArray = np.full(len(weights), np.nan)
    some = weights if holds.all() else weights[holds]
    parts = np.array_split(some, -(-some.size // CELLS) or 1)
    drawn[holds] = np.concatenate([answer.statistic(part) for part in parts])
    if np.isnan(drawn).all():
        return drawn
    return np.clip(drawn - np.nanmean(drawn) + value, metric.low, metric.high)


def bootstrap(count: int, generator: np.random.Generator) -> FloatArray:
    """Number of draws of each image by resample: shape (B, N), rows summing to N."""
    drawn = large_array((RESAMPLES, count), np.float32)
    for row in drawn:
        row[:] = np.bincount(generator.integers(0, count, count), minlength=count)
    return drawn
