"""`drift.json`: a batch against its baseline."""

from __future__ import annotations

from typing import Literal

from deri_gate.schemas.base import Count, JsonRecord, Number, NumberPair
from deri_gate.schemas.changes import Pairs


class DriftTestInfo(JsonRecord):
    """One drift feature of the batch against the baseline."""

    name: str
    title: str
    unit: str
    effect: Number | None
    interval: NumberPair | None
    smallest: Number | None
    p: Number | None
    adjusted_p: Number | None
    images: tuple[str, ...]
    sentence: str


class CoverageInfo(JsonRecord):
    """Density and coverage in the embedding."""

    density: Number | None
    coverage: Number | None
    expected_coverage: Number | None


class LabelSharesInfo(JsonRecord):
    """Share of each class in baseline and batch."""

    baseline: dict[str, Number | None]
    batch: dict[str, Number | None]
    new: tuple[str, ...]
    missing: tuple[str, ...]


class CopiesInfo(JsonRecord):
    """Images of the batch that the baseline has already."""

    exact: Pairs
    near: Pairs
    images: Count


class GroupDriftInfo(JsonRecord):
    """One group of the batch against the baseline."""

    name: str
    images: Count
    of_group: Count
    known: bool
    tests: tuple[DriftTestInfo, ...]


class TrendInfo(JsonRecord):
    """A value over time."""

    name: str
    title: str
    periods: Count
    slope: Number | None
    interval: NumberPair | None
    p: Number | None
    adjusted_p: Number | None


class WatchInfo(JsonRecord):
    """Verdict of the sequence of comparisons; news are told once."""

    comparisons: Count
    scores: dict[str, Number | None]
    drifting: tuple[str, ...]
    started: tuple[str, ...]
    ended: tuple[str, ...]
    since: dict[str, str]


class DriftDocument(JsonRecord):
    """`drift.json`: every name and number of a batch against its baseline."""

    schema_version: Literal[2]  # 1 said `corrected_p`
    baseline_name: str
    baseline_fingerprint: str
    baseline_images: Count
    images: Count
    tests: tuple[DriftTestInfo, ...]
    untested: dict[str, str]
    spread: CoverageInfo | None
    labels: LabelSharesInfo | None
    copies: CopiesInfo
    groups: tuple[GroupDriftInfo, ...]
    thin_groups: Count
    trends: tuple[TrendInfo, ...]
    last_time: str
    watch: WatchInfo | None
    correction: str
    verdict_of_the_history: str
