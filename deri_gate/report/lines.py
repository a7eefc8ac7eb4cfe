"""A report as lines to be rendered: one a metric, one for each other check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.report.text import number, share

if TYPE_CHECKING:
    from deri_gate.gate.records import Check
    from deri_gate.metric import Metric
    from deri_gate.report.report import Report

ORDER = ("fail", "unknown", "warn", "pass")  # worst first


@dataclass(frozen=True, kw_only=True)
class Line:
    """What is said of one metric."""

    metric: Metric
    value: str
    subscore: str
    weight: str
    limit: str
    status: str  # worst of its checks; "" when nothing limits it
    reason: str  # why it is null, if it is
    blamed: int
    worst: tuple[str, ...]  # ids, worst first


def metric_lines(report: Report, most: int = 3) -> list[Line]:
    """A line for each metric of the profile, in report order."""
    document, scored = report.metrics, report.scored
    lines = []
    for metric in report.profile.metrics:
        found = document.metrics[metric.name]
        checks = [c for c in report.checks if c.metric == metric.name]
        lines.append(
            Line(
                metric=metric,
                value=number(found.value) + (f" {metric.unit}" if metric.unit else ""),
                subscore=number(scored.subscores[metric.name], 3),
                weight=share(scored.weights.get(metric.name)),
                limit=", ".join(limit_text(c) for c in checks) or "-",
                status=worst_status(checks),
                reason=found.reason or "",
                blamed=found.blamed,
                worst=tuple(report.worst.get(metric.name, ())[:most]),
            )
        )
    return lines


def worst_status(checks: list[Check]) -> str:
    """The worst status among checks, "" when there are none."""
    said = {check.status for check in checks}
    return next((status for status in ORDER if status in said), "")


def limit_text(check: Check) -> str:
    """A limit in few characters, such as "subscore at least 5"."""
    return check.name.replace(f" of {check.metric}", "", 1)


def other_checks(report: Report) -> list[Check]:
    """Checks that are about no metric of the profile: the score, shares, whole tables."""
    names = {metric.name for metric in report.profile.metrics}
    return [check for check in report.checks if check.metric not in names]
