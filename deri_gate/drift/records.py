"""Results of comparing a batch with a baseline."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import comb
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.stats.intervals import Interval

CERTAIN = 0.001  # adjusted p below which one comparison alone counts as drift
_MANY = 12  # images, of which there are more than a million ways to choose among twice as many


@dataclass(frozen=True, kw_only=True)
class DriftTest:
    """Test of one drift feature: difference of the batch from the baseline.

    Attributes:
        name: Name of the feature; a metric's id where it is about a metric.
        title: Name for people.
        unit: Unit of the effect, for people: what 0 and the far end mean.
        effect: Batch against baseline, 0 for no difference; with a sign where there is a
            direction, above 0 when the batch has more of it.
        interval: 95 % of the effect, over resamples of both; None for a batch too small.
        smallest: Absolute effect below which a difference is a trifle, however sure.
        p: Exact, by permutation: probability of at least this much from one source.
        adjusted_p: p-value after correction for all features of this comparison.
        images: Ids in the batch that pull it away most, farthest first.
        sentence: What it means, for people.
    """

    name: str
    title: str
    unit: str
    effect: float
    interval: Interval | None
    smallest: float
    p: float
    adjusted_p: float
    images: tuple[str, ...] = ()
    sentence: str = ""

    @property
    def p_that_counts(self) -> float:
        """Adjusted p; 1 where the effect is a trifle."""
        return self.adjusted_p if abs(self.effect) >= self.smallest else 1.0

    @property
    def drifted(self) -> bool:
        """True if this comparison alone shows that the feature has drifted."""
        return self.p_that_counts < CERTAIN


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Density and coverage of the batch in the embedding: Naeem et al. (2020).

    Attributes:
        density: Mean number of the baseline's neighbourhoods that an image of the batch lies in,
            over k: 1 is expected from the same source, less means that the batch lies apart.
        coverage: Share of the baseline's neighbourhoods that hold an image of the batch.
        expected_coverage: What a batch of this size from the same source covers.
    """

    density: float
    coverage: float
    expected_coverage: float


@dataclass(frozen=True, kw_only=True)
class Labels:
    """The classes of batch and baseline.

    Attributes:
        baseline: Share of each class there, by name; a class that is absent has 0.
        batch: Share of each class in the batch, by name.
    """

    baseline: Mapping[str, float]
    batch: Mapping[str, float]

    @property
    def new(self) -> tuple[str, ...]:
        """Classes of the batch that the baseline has not."""
        return tuple(name for name, share in self.baseline.items() if not share)

    @property
    def missing(self) -> tuple[str, ...]:
        """Classes of the baseline that the batch has not."""
        return tuple(name for name, share in self.batch.items() if not share)


@dataclass(frozen=True, kw_only=True)
class Copies:
    """Images of the batch that the baseline has already.

    Attributes:
        exact: Id in the batch and in the baseline, for each of the same content.
        near: Near duplicates of another content, counted in this way.
        images: How many images the batch has.
    """

    exact: tuple[tuple[str, str], ...]
    near: tuple[tuple[str, str], ...]
    images: int

    @property
    def exact_share(self) -> float:
        """Share of the batch, 0 to 1."""
        return len(self.exact) / self.images

    @property
    def near_share(self) -> float:
        """Share of the batch, 0 to 1, exact copies left out."""
        return len(self.near) / self.images


@dataclass(frozen=True, kw_only=True)
class GroupDrift:
    """One group of the batch against the same group of the baseline, or against all of it.

    Attributes:
        name: Name of the group.
        images: In the batch.
        of_group: How many images of the baseline it was compared with.
        known: Whether those are of the same group.
        tests: Every feature, p corrected for the features and for the number of groups.
    """

    name: str
    images: int
    of_group: int
    known: bool
    tests: tuple[DriftTest, ...]

    @property
    def least_p(self) -> float:
        """The smallest p that counts."""
        return min((test.p_that_counts for test in self.tests), default=1.0)


@dataclass(frozen=True, kw_only=True)
class Trend:
    """Trend of a value over the time of baseline and batch.

    Attributes:
        name: Name of the value that is followed.
        title: Name for people.
        periods: Points in time that were looked at.
        slope: Theil and Sen's median slope, in the value's own unit per year.
        interval: 95 % of the slope.
        p: Mann and Kendall's test of no trend, two-sided.
        adjusted_p: p-value after Holm's correction for all trends.
    """

    name: str
    title: str
    periods: int
    slope: float
    interval: Interval
    p: float
    adjusted_p: float


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Drift in the sequence of comparisons; start and end are reported once.

    Attributes:
        comparisons: How many of this baseline and profile there are, this one included.
        scores: By feature, the evidence for drift that has piled up.
        drifting: Aspects in drift after this comparison.
        started: Those among them whose drift is reported now for the first time.
        ended: Aspects whose drift is over, reported now for the first time.
        since: By aspect in drift, the date of the comparison in which it started, ISO.
    """

    comparisons: int
    scores: Mapping[str, float]
    drifting: tuple[str, ...] = ()
    started: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    since: Mapping[str, str] = field(default_factory=dict)

    @property
    def ongoing(self) -> tuple[str, ...]:
        """Aspects in drift whose start an earlier comparison has reported."""
        return tuple(name for name in self.drifting if name not in self.started)

    @property
    def first(self) -> str:
        """Date since which some aspect has been in drift without an end; empty for no drift."""
        return min((self.since[name] for name in self.drifting if name in self.since), default="")

    @property
    def sentence(self) -> str:
        """The start, end and continuation of drift, a sentence each."""
        ongoing = {name: self.since.get(name, "") for name in self.ongoing}
        said = [
            f"{what}: {', '.join(names)}."
            for what, names in (
                ("Drift starts", self.started),
                ("Drift ends", self.ended),
                *(
                    (f"Drift continues since {day}" if day else "Drift continues", tuple(names))
                    for day, names in _by_value(ongoing)
                ),
            )
            if names
        ]
        return " ".join(said) or "There is no drift."


def _by_value(days: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """Names by their day, the earliest first."""
    return [(day, [n for n in days if days[n] == day]) for day in sorted(set(days.values()))]


@dataclass(frozen=True, kw_only=True)
class Drift:
    """The whole comparison of a batch with a baseline.

    Attributes:
        baseline_name: What the baseline is called.
        baseline_fingerprint: Identity of its images with names and labels.
        baseline_images: How many could be read.
        images: How many of the batch could be read.
        tests: Every feature that could be compared, in report order.
        untested: By feature that could not be, why.
        spread: In the embedding; None without embeddings, or of a baseline too small.
        labels: None where an image of one of the two has none.
        unknown_classes: Classes of images of the batch that the baseline has not, where some
            images have no label; `labels` names them otherwise.
        copies: What the baseline has already.
        groups: The groups of the batch, worst first; empty when there are none large enough.
        thin_groups: Groups of the batch that are too small to be looked at.
        trends: Over time; empty when too few times are known.
        last_time: The latest time in the batch, ISO; "" when there are no times.
        watch: What the history makes of it.
    """

    baseline_name: str
    baseline_fingerprint: str
    baseline_images: int
    images: int
    tests: tuple[DriftTest, ...]
    untested: Mapping[str, str] = field(default_factory=dict)
    spread: Coverage | None = None
    labels: Labels | None = None
    unknown_classes: tuple[str, ...] = ()
    copies: Copies
    groups: tuple[GroupDrift, ...] = ()
    thin_groups: int = 0
    trends: tuple[Trend, ...] = ()
    last_time: str = ""
    watch: Watch | None = None

    @property
    def new_classes(self) -> tuple[str, ...]:
        """Classes of the batch that the baseline has not, as far as images have labels."""
        return self.unknown_classes if self.labels is None else self.labels.new

    @property
    def same_images(self) -> bool:
        """True if the baseline has every image of the batch already, byte for byte."""
        return len(self.copies.exact) == self.images

    @property
    def least_possible_p(self) -> float:
        """1 of all ways to call so many images the batch; 1e-6 stands for less, too."""
        total = self.baseline_images + self.images
        few = min(self.images, self.baseline_images, _MANY)
        return max(1 / comb(total, few), 1e-6)

    @property
    def could_start(self) -> bool:
        """True if a drift of these images could be reported, alone or with earlier comparisons."""
        earlier = self.watch is not None and self.watch.comparisons > 1
        return earlier or self.least_possible_p <= CERTAIN

    @property
    def least_p(self) -> float:
        """The smallest p that counts, of all features."""
        return min((test.p_that_counts for test in self.tests), default=1.0)
