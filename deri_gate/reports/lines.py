"""A report as lines to be rendered: one a metric, one for each other check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.gate.records import MISSED, Status, worst_status
from deri_gate.reports.tally import changed_suspects
from deri_gate.reports.text import number, percent
from deri_gate.reports.units import bound_text, unit_of_limit
from deri_gate.reports.words import NOT_LOOKED_AT
from deri_gate.runtime.counts import counted, listed
from deri_gate.runtime.figures import figure, in_unit, probability, signed_in_unit

if TYPE_CHECKING:
    from collections import Counter

    from deri_gate.changes.records import Difference
    from deri_gate.gate.records import Check
    from deri_gate.measuring.slices import SliceKind
    from deri_gate.metrics.base import Metric
    from deri_gate.reports.report import Report
    from deri_gate.schemas.metrics import GapInfo, MetricValue, SliceValue

MOST_SLICES = 3
OF_COPIES = ("conflicting_copies", "contradictions", "likely_contradictions", "exact_copies",
             "duplicates", "leaks", "leaked_copies", "leaked_images")  # fmt: skip
COLUMN_WORDS = {
    "raw": "",
    "subscore": "subscore ",
    "difference": "difference to the base ",
    "change": "adjusted p ",
}  # before a limit on that column
SLICE_WORDS = {"worst": "worst {}", "gap": "gap of a {}"}  # before a limit on such a row


@dataclass(frozen=True, kw_only=True)
class Line:
    """Row of a report on one metric."""

    metric: Metric
    value: str
    base: str  # the base's value; "" without a base
    difference: str  # head minus base with its interval; "" without a base
    subscore: str
    weight: str
    limit: str
    status: Status | None  # worst of its checks; None when nothing limits it
    reason: str  # why it is null, if it is
    note: str  # what else to know about it
    suspects: int
    changed: (
        int | None
    )  # those of the suspects that differ from the base; None where that is not asked
    worst: tuple[str, ...]  # ids, changed images first, then worst first
    classes: tuple[SliceValue, ...]  # the worst ones, worst first
    groups: tuple[SliceValue, ...]  # the worst ones, worst first
    gaps: tuple[tuple[SliceKind, GapInfo], ...]  # between the best and the worst, classes first
    checks: tuple[Check, ...]  # its own and those of its worst class and group


def metric_lines(report: Report, most: int = 3) -> list[Line]:
    """A line for each metric of the profile, in report order.

    Args:
        report: What is reported.
        most: Names of images a line at most.
    """
    changed = changed_suspects(report)
    return [_line(report, metric, most, changed) for metric in report.profile.metrics]


def _line(report: Report, metric: Metric, most: int, changed: Counter[str] | None) -> Line:
    value, scored = report.metrics.metrics[metric.name], report.scored
    checks = [check for check in report.checks if check.metric == metric.name]
    change = report.change.differences.get(metric.name) if report.change else None
    return Line(
        metric=metric,
        value=in_unit(value.value, metric.unit),
        base=in_unit(change.base, metric.unit) if change else "",
        difference=difference_text(change, metric.unit) if change else "",
        subscore=number(scored.subscores[metric.name], 3),
        weight=percent(scored.weights.get(metric.name)),
        limit=", ".join(limit_text(c) for c in checks) or "-",
        status=worst_status(check.status for check in checks),
        reason=value.reason or "",
        note=value.note or "",
        suspects=value.suspects,
        changed=None if changed is None else changed[metric.name],
        worst=tuple(report.worst.get(metric.name, ())[:most]),
        classes=_titled(_worst(value, "class"), report),
        groups=_worst(value, "group"),
        gaps=_gaps(value, report),
        checks=tuple(checks),
    )


def _worst(value: MetricValue, kind: SliceKind) -> tuple[SliceValue, ...]:
    """The worst classes or groups, worst first."""
    return next(
        (slice_.worst[:MOST_SLICES] for slice_ in value.slices or () if slice_.kind == kind), ()
    )


def _titled(slices: tuple[SliceValue, ...], report: Report) -> tuple[SliceValue, ...]:
    """The classes by their names for people."""
    titles = report.class_titles
    return tuple(one.model_copy(update={"name": titles.get(one.name, one.name)}) for one in slices)


def _gaps(value: MetricValue, report: Report) -> tuple[tuple[SliceKind, GapInfo], ...]:
    """The gaps of a metric, with the names of classes for people."""
    return tuple(
        (one.kind, _titled_gap(one.gap, report) if one.kind == "class" else one.gap)
        for one in value.slices or ()
        if one.gap
    )


def _titled_gap(gap: GapInfo, report: Report) -> GapInfo:
    titles = report.class_titles
    ends = {"best": gap.best, "worst": gap.worst}
    return gap.model_copy(update={end: titles.get(name, name) for end, name in ends.items()})


def compared_text(report: Report) -> str:
    """Sentence on what was compared; empty without a base. A batch is not added to its baseline."""
    change, drift = report.change, report.drift
    if change is None or drift is None:
        return "" if change is None else change.sentence
    images, baseline = counted(drift.images, "image"), f"{drift.baseline_images:,}"
    return f"{images} of the batch compared with {baseline} of {change.base_title}."


def suspects_text(line: Line) -> str:
    """Number of suspects, and how many of them changed against the base."""
    changed = "" if line.changed is None else f", {line.changed:,} of them changed"
    return f"{counted(line.suspects, 'suspect')}{changed}" if line.suspects else "no suspects"


def difference_text(change: Difference, unit: str = "") -> str:
    """Head minus base, and between what it lies."""
    ends = (change.difference, *(change.interval or ()))
    difference, *between = (signed_in_unit(end, unit) for end in ends)
    return f"{difference} ({' to '.join(between)})" if between else difference


def observed_text(check: Check) -> str:
    """The number that is held against the limit: exact enough to tell on which side it lies."""
    if check.column == "change":
        return probability(check.observed, than=check.limit or 0.0)
    return figure(check.observed, unit_of_limit(check), than=check.limit)


def seen_text(check: Check) -> str:
    """The number that is held against the limit, or that nothing was looked at."""
    return NOT_LOOKED_AT if check.status is Status.NOT_LOOKED_AT else observed_text(check)


def checks_not_looked_at(report: Report) -> list[Check]:
    """Checks of what the dataset does not have, such as splits or groups; one a name."""
    checks = {check.row: check for check in report.checks if check.status is Status.NOT_LOOKED_AT}
    return list(checks.values())


def not_looked_at_by_reason(report: Report) -> dict[str, list[str]]:
    """Rows of the checks that had nothing to look at, by the reason, in the order of the suite."""
    rows = dict[str, list[str]]()
    for check in checks_not_looked_at(report):
        rows.setdefault(check.detail, []).append(check.row)
    return rows


def unjudged_splits(report: Report) -> str:
    """Sentence on splits that are not judged; empty where there are none."""
    info = report.metrics.dataset
    others = [name for name in sorted(info.read_as.splits) if name != info.split]
    if info.split is None or not others:
        return ""
    alone = report.drift is None
    what, deed = ("suspects and metrics", "judged") if alone else ("drift", "compared")
    asked = " and ".join(f"--split {name}" for name in others)
    return f"{what} of {listed(others)}, as {info.split} is {deed}: run it with {asked}"


def limit_text(check: Check) -> str:
    """A limit in few characters, beside the metric's name: "at least 5"."""
    bound = bound_text(check)
    if not bound:  # not one of our expectations
        return check.name
    short = f"{COLUMN_WORDS.get(check.column, f'{check.column} ')}{bound}"
    if check.slice is None:
        return short
    return f"{SLICE_WORDS[check.figure].format(check.slice)} {short}"


def other_checks(report: Report) -> list[Check]:
    """Checks that are about no metric of the profile: the score, shares, whole tables."""
    names = {metric.name for metric in report.profile.metrics}
    return [check for check in report.checks if check.metric not in names]


def missed(report: Report) -> list[Check]:
    """Checks that do not pass: worst first, waived last, then what the base had kept, copies first.

    A copy in another class looks unlike its images, too: to take the copy out mends both.
    """
    checks = [check for check in report.checks if check.status in MISSED]
    return sorted(
        checks,
        key=lambda check: (
            -check.status.rank,
            check.waived,
            not _missed_by_change(report, check),
            check.metric not in OF_COPIES,
        ),
    )


def missed_once(report: Report) -> list[Check]:
    """Missed checks without those that warn of a number that fails: they say nothing new."""
    every = missed(report)
    failed = {_number_limited(check) for check in every if check.status is Status.FAIL}
    return [
        check
        for check in every
        if check.status is not Status.WARN or check.waived or _number_limited(check) not in failed
    ]


def _number_limited(check: Check) -> tuple[object, ...]:
    """Number that a check limits, and from which side."""
    return check.row, check.column, check.bound, check.name if check.bound is None else ""


def _missed_by_change(report: Report, check: Check) -> bool:
    """True if the limit is on the change, or the base keeps it."""
    if check.column == "change":
        return True
    change = report.change if check.column == "raw" and check.slice is None else None
    known = {**change.differences, **change.shares} if change else {}
    base = known[check.row].base if check.row in known else None
    if base is None or check.limit is None:
        return False
    return base >= check.limit if check.bound == "at_least" else base <= check.limit
