"""Input and output of the gate, free of Great Expectations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from deri_gate.schemas.metrics import NOT_ASKED
from deri_gate.schemas.statuses import Severity, Status, Verdict
from deri_gate.schemas.validation import ValidationDocument

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from deri_gate.changes.records import Change
    from deri_gate.measuring.shares import Share
    from deri_gate.measuring.slices import SliceKind
    from deri_gate.scoring.score import Scored

__all__ = [
    "FIGURES",
    "MISSED",
    "NUMBERS",
    "Bound",
    "Check",
    "Judgement",
    "Row",
    "Severity",
    "SliceFigure",
    "Status",
    "Verdict",
    "Waiver",
    "both",
    "row_name",
    "rows_of",
    "verdict_on",
    "worst_status",
]

NUMBERS = ("raw", "subscore", "weight", "difference", "change")  # columns that a dataset decides
Bound = Literal["at_least", "at_most"]
SliceFigure = Literal["worst", "gap"]
FIGURES: tuple[SliceFigure, ...] = ("worst", "gap")


MISSED = (Status.WARN, Status.FAIL, Status.UNKNOWN)  # what a limit that is not kept may have


def worst_status(statuses: Iterable[Status]) -> Status | None:
    """The one that counts; None of none."""
    return max(statuses, key=lambda status: status.rank, default=None)


def verdict_on(statuses: Iterable[Status]) -> Verdict:
    """The worst status; unknown where nothing was looked at."""
    looked_at = [status for status in statuses if status is not Status.NOT_LOOKED_AT]
    return max(looked_at, key=lambda status: status.rank, default=Status.UNKNOWN)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the small table that is judged: one metric, score or share of one dataset."""

    metric: str  # or the name of a score or share
    slice: SliceKind | None = None  # its classes or groups; None for the whole dataset
    figure: SliceFigure = "worst"  # of the slices: the worst one, or the gap to the best one
    raw: float | None  # in the metric's own unit and direction; None when not measured
    subscore: float | None  # 0 (worst) to 100 (best); None when not measured, or there is none
    weight: float | None  # its share in U; None when it has none
    difference: float | None = None  # to the base, subscore points where there are any
    change: float | None = None  # adjusted p that the changed images are no worse in it, 0 to 1
    compared: bool = False  # whether changed images are compared in it; shares are not
    about: str = ""  # what the number is of, such as the worst class; "" when plain
    absent: str = ""  # why there is nothing to look at, such as no splits; "" for a plain gap
    without: tuple[str, ...] = ()  # metrics that a score lacks, though they were asked for

    @property
    def name(self) -> str:
        """The name by which suites know it, unique in the table: "worst_class.sharpness"."""
        return row_name(self.metric, self.slice, self.figure)


def row_name(metric: str, part: SliceKind | None, figure: SliceFigure) -> str:
    """The name of the row of a metric, or of a figure of its classes or groups."""
    return metric if part is None else f"{figure}_{part}.{metric}"


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """Waiver of a limit for a while, with its reason."""

    reason: str
    until: date  # the last day on which it counts


@dataclass(frozen=True, kw_only=True)
class Check:
    """One limit, and what the gate made of it."""

    name: str  # "subscore of sharpness at least 5"; unique in a suite
    metric: str  # the metric it is about; empty when it is about several, or about the table
    slice: SliceKind | None = None  # as in the row it is about
    figure: SliceFigure = "worst"  # as in the row it is about
    column: str = ""  # of the table, whose value it limits; empty when it limits several or none
    bound: Bound | None = None  # of `limit`; None for what other expectations ask
    severity: Severity  # what a miss means: critical fails the gate, warning warns
    observed: float | None  # the number held against the limit; None when there is not one number
    limit: float | None  # in the unit of `observed`; None when there is not one number
    status: Status
    reason: str  # why the limit is what it is, from the expectation's meta; may be empty
    detail: str = ""  # why it is unknown, which part is the worst, what became of its waiver
    waiver: Waiver | None = None  # None unless the suite has one for it
    waived: bool = False  # whether the waiver made a warning of a miss

    @property
    def row(self) -> str:
        """The name of the row that it is about; empty when it is about several, or the table."""
        return row_name(self.metric, self.slice, self.figure)


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The gate's answer for one dataset."""

    verdict: Verdict
    checks: tuple[Check, ...]  # in the order of the suite
    validation: ValidationDocument  # the same input gives the same bytes


def rows_of(
    values: Mapping[str, float | None],
    scored: Scored,
    shares: Mapping[str, Share],
    change: Change | None = None,
    reasons: Mapping[str, str] | None = None,
) -> list[Row]:
    """The small long table that is judged: a row a metric, then the scores, then the shares.

    Args:
        values: Raw value by metric, None where it was not measured.
        scored: What they are worth.
        shares: What else may be limited, such as the share of unreadable images; what the
            base had and the dataset has no more counts as a gap, not as nothing to look at.
        change: The comparison with a base; it adds a row for everything else that was tested.
        reasons: By metric not measured, why.
    """
    known = reasons or {}
    metrics = [
        Row(
            metric=k,
            raw=v,
            subscore=scored.subscores[k],
            weight=scored.weights.get(k),
            absent=_absent(k, known.get(k, ""), change),
        )
        for k, v in values.items()
    ]
    without = tuple(
        m
        for m in scored.unmeasured
        if values.get(m) is not None or known.get(m, NOT_ASKED) != NOT_ASKED
    )
    without += scored.uninstalled
    scores = {"DERI1000": scored.deri1000, "U": scored.u}
    rows = metrics + [
        Row(metric=k, raw=v, subscore=None, weight=None, without=without) for k, v in scores.items()
    ]
    rows += [_share_row(name, share, change) for name, share in shares.items()]
    return rows if change is None else _with_change(rows, change)


def _absent(metric: str, reason: str, change: Change | None) -> str:
    """Reason that there is nothing to measure; "" where it was not asked for, or the base had it.

    Neither an option nor a change can take the limit away.
    """
    before = change.differences.get(metric) if change else None
    lost = before is not None and before.base is not None
    return "" if lost or reason == NOT_ASKED else reason


def _share_row(name: str, share: Share, change: Change | None) -> Row:
    """A change cannot take a limit away by taking away what it is about, such as the groups.

    But it may take out tags of files: what they told is no longer in the dataset.
    """
    if change and (why := change.hidden.get(name)):
        return Row(metric=name, raw=None, subscore=None, weight=None, about=why)
    before = change.shares.get(name) if change and name not in change.untagged else None
    lost = share.value is None and before is not None and before.base is not None
    said = f"it was looked at in the base, and not here: {share.reason}" if lost else share.reason
    return Row(
        metric=name,
        raw=share.value,
        subscore=None,
        weight=None,
        about=said or share.note,
        absent="" if lost else share.reason,
    )


def _with_change(rows: list[Row], change: Change) -> list[Row]:
    known = {row.name for row in rows}
    more = [
        Row(
            metric=about, raw=None, subscore=None, weight=None, about=change.untested.get(about, "")
        )
        for about in change.least_p
        if about not in known
    ]
    return [
        replace(
            row,
            difference=change.points(row.metric),
            change=change.least_p.get(row.metric),
            compared=row.metric in change.least_p,
        )
        for row in (*rows, *more)
    ]


def both(first: Judgement, second: Judgement) -> Judgement:
    """Two suites' answers for one dataset as one: the worse verdict, all checks, all results."""
    one, other = first.validation, second.validation
    return Judgement(
        verdict=verdict_on((first.verdict, second.verdict)),
        checks=first.checks + second.checks,
        validation=ValidationDocument(
            suite_name=f"{one.suite_name}, {other.suite_name}",
            success=one.success and other.success,
            statistics=one.statistics + other.statistics,
            results=one.results + other.results,
        ),
    )
