"""The report as a person reads it on a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from deri_gate.report.lines import limit_text, metric_lines, other_checks
from deri_gate.report.text import number, printable

if TYPE_CHECKING:
    from deri_gate.report.lines import Line
    from deri_gate.report.report import Report

HEADS = ("metric", "value", "subscore", "weight", "limit", "status", "blamed")
VERDICTS = {
    "pass": "PASSED",
    "warn": "PASSED WITH WARNINGS",
    "fail": "FAILED",
    "unknown": "COULD NOT JUDGE",
}


def as_text(report: Report) -> str:
    """The whole report in about 40 lines: scores, a line a metric, the culprits, the verdict."""
    parts = [
        _head(report),
        _table(report),
        _checks(report),
        _culprits(report),
        _findings(report),
        _verdict(report),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(report: Report) -> str:
    info, scored = report.metrics.dataset, report.scored
    split = f", split {printable(info.split)}" if info.split else ""
    unreadable = f", {info.unreadable} unreadable" if info.unreadable else ""
    between = "" if scored.interval is None else " ({:.0f} to {:.0f})".format(*scored.interval)
    score = "-" if scored.deri1000 is None else f"{scored.deri1000:.0f}{between}"
    return (
        f"{printable(info.name)}: {info.images} images{unreadable}, "
        f"{info.classes} classes{split}\n"
        f"DERI1000 {score}   U {number(scored.u, 3)} of 100   "
        f"pool {printable(report.pool.name)} {report.pool.hash}   profile {report.profile.name}"
    )


def _table(report: Report) -> str:
    rows = [HEADS] + [_cells(line) for line in metric_lines(report)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADS))]
    right = {1, 2, 3, 6}

    def text(row: tuple[str, ...]) -> str:
        cells = (
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        return "  ".join(cells).rstrip()

    return "\n".join(text(row) for row in rows)


def _cells(line: Line) -> tuple[str, ...]:
    return (
        line.metric.name,
        line.value,
        line.subscore,
        line.weight,
        line.limit,
        line.status,
        str(line.blamed) if line.blamed else "",
    )


def _checks(report: Report) -> str:
    return "\n".join(
        f"{check.metric}: {number(check.observed)} ({limit_text(check)}) {check.status}"
        for check in other_checks(report)
    )


def _culprits(report: Report) -> str:
    """The worst images of each metric, what to do, and why a metric is null."""
    notes = []
    for line in metric_lines(report):
        found = report.metrics.metrics[line.metric.name]
        if line.reason:
            notes.append(f"{line.metric.name}: not measured: {line.reason}")
        if not line.worst:
            continue
        names = ", ".join(printable(name) for name in line.worst)
        more = line.blamed - len(line.worst)
        notes.append(f"{line.metric.name}: {names}" + (f" and {more} more" if more else ""))
        notes.append(f"    {line.metric.advice}" + (f" ({found.note})" if found.note else ""))
    return "\n".join(notes)


def _findings(report: Report, most: int = 5) -> str:
    findings = report.metrics.findings
    shown = [f"{f.kind}: {printable(f.path)}: {printable(f.detail)}" for f in findings[:most]]
    if len(findings) > most:
        shown.append(f"and {len(findings) - most} more findings in metrics.json")
    return "\n".join(shown)


def _verdict(report: Report) -> str:
    lines = [VERDICTS[report.verdict]]
    for check in report.checks:
        if check.status == "pass":
            continue
        observed = f"is {number(check.observed)}" if check.observed is not None else check.detail
        lines.append(f"  {check.status}: {check.name}: {observed}")
        if check.reason:
            lines.append(textwrap.indent(textwrap.fill(check.reason, 92), "      "))
    return "\n".join(lines)
