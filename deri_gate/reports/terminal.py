"""The report as a person reads it on a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from deri_gate.reports.lines import (
    checks_not_looked_at,
    difference_text,
    limit_text,
    metric_lines,
    missed,
    other_checks,
    seen_text,
)
from deri_gate.reports.member import member_text
from deri_gate.reports.text import LONGEST_TEXT, limits_text, number, printable, whole
from deri_gate.reports.words import VERDICT_WORDS
from deri_gate.runtime.counts import counted
from deri_gate.schemas.statuses import Status

if TYPE_CHECKING:
    from deri_gate.reports.lines import Line
    from deri_gate.reports.report import Report

HEADS = ("metric", "value", "subscore", "weight", "limit", "status", "suspects")
CHANGE_HEADS = ("metric", "base", "head", "difference", "limit", "status", "suspects")
NUMBERS = {"value", "base", "head", "subscore", "weight", "suspects"}  # aligned on the right
MOST_TESTS = 5
SURE = 0.05  # adjusted p below which a test's sentence is worth reading


def as_text(report: Report) -> str:
    """The whole report in about 40 lines: scores, a line a metric, the suspects, the verdict."""
    parts = [
        _head(report),
        _table(report),
        _checks(report),
        _change(report),
        _suspects(report),
        _findings(report),
        _verdict(report),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(report: Report) -> str:
    info, scored = report.metrics.dataset, report.scored
    split = f", split {printable(info.split)}" if info.split else ""
    unreadable = f", {info.unreadable:,} unreadable" if info.unreadable else ""
    score = (
        "-" if scored.deri1000 is None else f"{scored.deri1000:.0f}{limits_text(scored.interval)}"
    )
    line = textwrap.fill(printable(info.read_as.line, LONGEST_TEXT), 96)
    read_as = f"{line}\n" if line else ""
    if report.change:
        change = report.change.deri1000
        score = f"{whole(change.base)} -> {whole(change.head)}, {difference_text(change)}"
    member = member_text(scored)
    return (
        f"{printable(info.name)}: {counted(info.images, 'image')}{unreadable}, "
        f"{counted(info.classes, 'class')}{split}\n{read_as}"
        f"{scored.title} {score}   U {number(scored.u, 3)} of 100   "
        f"pool {printable(report.pool.name)} {report.pool.hash}   profile {report.profile.name}"
        + (f"\n{member}" if member else "")
    )


def _table(report: Report) -> str:
    heads = CHANGE_HEADS if report.change else HEADS
    rows = [heads] + [_cells(line, heads) for line in metric_lines(report)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(heads))]
    right = {i for i, name in enumerate(heads) if name in NUMBERS}

    def text(row: tuple[str, ...]) -> str:
        cells = (
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        return "  ".join(cells).rstrip()

    return "\n".join(text(row) for row in rows)


def _cells(line: Line, heads: tuple[str, ...]) -> tuple[str, ...]:
    cells = {
        "metric": line.metric.name,
        "value": line.value,
        "base": line.base,
        "head": line.value,
        "difference": line.difference,
        "subscore": line.subscore,
        "weight": line.weight,
        "limit": printable(line.limit),
        "status": line.status or "",
        "suspects": str(line.suspects or ""),
    }
    return tuple(cells[head] for head in heads)


def _change(report: Report) -> str:
    """Changes against the base, and significant differences for the worse."""
    change = report.change
    if change is None:
        return ""
    sure = sorted((t for t in change.tests if t.corrected_p < SURE), key=lambda t: t.corrected_p)
    said = [change.sentence, *(test.sentence for test in sure[:MOST_TESTS])]
    if len(sure) > MOST_TESTS:
        said.append(f"and {counted(len(sure) - MOST_TESTS, 'more such result')} in report.html")
    return "\n".join(textwrap.fill(printable(text, 400), 96) for text in said)


def _checks(report: Report) -> str:
    looked_at = [
        f"{printable(check.row)}: {seen_text(check)} "
        f"({printable(limit_text(check))}) {check.status}"
        for check in other_checks(report)
        if check.status is not Status.NOT_LOOKED_AT
    ]
    others = [
        f"{printable(check.row)}: {seen_text(check)}: {printable(check.detail, 200)}"
        for check in checks_not_looked_at(report)
    ]
    return "\n".join([*looked_at, *others])


def _suspects(report: Report) -> str:
    """The worst images of each metric, what to do, and why a metric is null."""
    notes, lines = [], metric_lines(report)
    for line in lines:
        found = report.metrics.metrics[line.metric.name]
        if not line.worst:
            continue
        names = ", ".join(printable(name) for name in line.worst)
        more = line.suspects - len(line.worst)
        notes.append(f"{line.metric.name}: {names}" + (f" and {more} more" if more else ""))
        notes.append(f"    {line.metric.advice}" + (f" {found.note}" if found.note else ""))
    return "\n".join([*notes, *_not_measured(lines)])


def _not_measured(lines: list[Line]) -> list[str]:
    """A line a reason, with all metrics that have no value for it."""
    reasons = dict.fromkeys(line.reason for line in lines if line.reason)
    return [
        f"{', '.join(line.metric.name for line in lines if line.reason == reason)}: "
        f"not measured: {reason}"
        for reason in reasons
    ]


def _findings(report: Report, most: int = 5) -> str:
    findings = report.metrics.findings
    shown = [f"{f.kind}: {printable(f.path)}: {printable(f.detail, 200)}" for f in findings[:most]]
    if len(findings) > most:
        shown.append(f"and {counted(len(findings) - most, 'more finding')} in metrics.json")
    return "\n".join(shown)


def _verdict(report: Report) -> str:
    lines = [VERDICT_WORDS[report.verdict].upper()]
    shown = missed(report)
    for check in (check for check in report.checks if check in shown):
        observed = f"is {number(check.observed)}" if check.observed is not None else check.detail
        lines.append(f"  {check.status}: {printable(check.name, 160)}: {observed}")
        if check.detail and check.observed is not None:
            lines.append(textwrap.indent(textwrap.fill(printable(check.detail, 400), 92), " " * 6))
        if check.reason:
            lines.append(textwrap.indent(textwrap.fill(check.reason, 92), "      "))
    return "\n".join(lines)
