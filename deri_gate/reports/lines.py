"""A report as lines to be rendered: one a metric, one for each other check."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.reports.text import number, share, signed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.changes.records import Difference
    from deri_gate.gate.records import Check
    from deri_gate.gate.slices import Slice
    from deri_gate.metrics.base import Metric
    from deri_gate.reports.report import Report

ORDER = ("fail", "unknown", "warn", "not_looked_at", "pass")  # worst first
NOT_LOOKED_AT = "not looked at"
MOST_PARTS = 3
CHANGE = re.compile(r"^changed images fit \(corrected p (.*)\)$")  # as the gate names it
WORST = ("worst_class.", "worst_group.")


@dataclass(frozen=True, kw_only=True)
class Line:
    """What is said of one metric."""

    metric: Metric
    value: str
    base: str  # the base's value; "" without a base
    difference: str  # head minus base with its interval; "" without a base
    subscore: str
    weight: str
    limit: str
    status: str  # worst of its checks; "" when nothing limits it
    reason: str  # why it is null, if it is
    note: str  # what else to know about it
    suspects: int
    worst: tuple[str, ...]  # ids, worst first
    classes: tuple[Slice, ...]  # the worst ones, worst first
    checks: tuple[Check, ...]  # its own and those of its worst class and group


def metric_lines(report: Report, most: int = 3) -> list[Line]:
    """A line for each metric of the profile, in report order.

    Args:
        report: What is reported.
        most: Names of images a line at most.
    """
    return [_line(report, metric, most) for metric in report.profile.metrics]


def _line(report: Report, metric: Metric, most: int) -> Line:
    found, scored = report.metrics.metrics[metric.name], report.scored
    checks = [c for c in report.checks if about(c) == metric.name]
    parts = report.parts.get(("class", metric.name))
    change = report.change.differences.get(metric.name) if report.change else None
    return Line(
        metric=metric,
        value=_with_unit(found.value, metric),
        base=_with_unit(change.base, metric) if change else "",
        difference=difference_text(change) if change else "",
        subscore=number(scored.subscores[metric.name], 3),
        weight=share(scored.weights.get(metric.name)),
        limit=", ".join(limit_text(c) for c in checks) or "-",
        status=worst_status(checks),
        reason=found.reason or "",
        note=found.note or "",
        suspects=found.suspects,
        worst=tuple(report.worst.get(metric.name, ())[:most]),
        classes=parts.judged[:MOST_PARTS] if parts else (),
        checks=tuple(checks),
    )


def _with_unit(value: float | None, metric: Metric) -> str:
    return number(value) + (f" {metric.unit}" if metric.unit and value is not None else "")


def about(check: Check) -> str:
    """The metric that a check is about, were it only of the worst class or group."""
    return next((check.metric.removeprefix(w) for w in WORST if check.metric.startswith(w)),
                check.metric)  # fmt: skip


def difference_text(change: Difference) -> str:
    """Head minus base, and between what it lies."""
    if change.interval is None:
        return signed(change.difference)
    low, high = change.interval
    return f"{signed(change.difference)} ({signed(low)} to {signed(high)})"


def status_text(check: Check) -> str:
    """The status of a check for people; a waiver is named, and so is that nothing was seen."""
    return "waived" if check.waived else check.status.replace("_", " ")


def seen_text(check: Check) -> str:
    """The number that is held against the limit, or that nothing was looked at."""
    return NOT_LOOKED_AT if check.status == "not_looked_at" else number(check.observed)


def checks_not_looked_at(report: Report) -> list[Check]:
    """Checks of what the dataset does not have, such as splits or groups; one a name."""
    found = {c.metric: c for c in report.checks if c.status == "not_looked_at"}
    return list(found.values())


def worst_status(checks: Sequence[Check]) -> str:
    """The worst status among checks, "" when there are none."""
    said = {check.status for check in checks}
    return next((status for status in ORDER if status in said), "")


def limit_text(check: Check) -> str:
    """A limit in few characters, beside the metric's name: "at least 5"."""
    part = next((w.rstrip(".").replace("_", " ") for w in WORST if check.metric.startswith(w)), "")
    short = re.sub(rf" (of|in) {re.escape(check.metric)}\b", "", check.name, count=1)
    short = CHANGE.sub(r"change p \1", short.removeprefix(f"{check.metric} "))
    return f"{part} {short}" if part else short


def other_checks(report: Report) -> list[Check]:
    """Checks that are about no metric of the profile: the score, shares, whole tables."""
    names = {metric.name for metric in report.profile.metrics}
    return [check for check in report.checks if about(check) not in names]


def missed(report: Report) -> list[Check]:
    """Checks that do not pass, worst first, otherwise in the order of the suite."""
    found = [c for c in report.checks if c.status not in ("pass", "not_looked_at")]
    return sorted(found, key=lambda check: ORDER.index(check.status))
