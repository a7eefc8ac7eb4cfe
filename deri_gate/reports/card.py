"""A report as a section of a Hugging Face dataset card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.gate.records import Status
from deri_gate.reports.headline import headline_of
from deri_gate.reports.lines import checks_not_looked_at, metric_lines, missed_once, observed_text
from deri_gate.reports.tables import markdown_row
from deri_gate.reports.text import code, escaped, limits_text, whole
from deri_gate.reports.units import words_of
from deri_gate.reports.words import marked_report, size_words
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from deri_gate.gate.records import Check
    from deri_gate.reports.report import Report

BEGIN, END = "<!-- deri-gate: begin -->", "<!-- deri-gate: end -->"


def as_card(report: Report) -> str:
    """Write a section for a card's `README.md`, between two marks by which it can be replaced.

    It names no image, so that a card shows nothing that its dataset does not.
    """
    parts = (_head(report), _metrics(report), _missed(report), _passed(report), _foot(report))
    return "\n\n".join([BEGIN, *(part for part in parts if part), END]) + "\n"


def _head(report: Report) -> str:
    info, scored = report.metrics.dataset, report.scored
    split = f", split {code(info.split)}" if info.split else ""
    score = f"**{scored.title} {whole(scored.deri1000)}**{limits_text(scored.interval)}"
    meaning = "1000 is a typical reference dataset, 100 points are one standard deviation of them"
    return "\n\n".join(
        [
            f"## Quality: {marked_report(report)}",
            f"{escaped(headline_of(report).text)}. {size_words(info)}{split}.",
            f"{score}: {meaning}.",
        ]
    )


def _metrics(report: Report) -> str:
    rows = [
        (f"{line.metric.title} (`{line.metric.name}`)", line.metric.better,
         line.value or escaped(line.reason), line.subscore)
        for line in metric_lines(report)
    ]  # fmt: skip
    head = [markdown_row(("metric", "better", "value", "subscore")), "|---|---|--:|--:|"]
    return "\n".join([*head, *map(markdown_row, rows)])


def _missed(report: Report) -> str:
    rows = [
        (escaped(words_of(check)), observed_text(check), _status(check))
        for check in missed_once(report)
    ]  # fmt: skip
    head = [markdown_row(("limit missed", "is", "status")), "|---|--:|---|"]
    return "\n".join([*head, *map(markdown_row, rows)]) if rows else ""


def _status(check: Check) -> str:
    if check.waiver is None or not check.waived:
        return check.status.value
    until = check.waiver.until.isoformat()
    return f"waived for everyone until {until}: {escaped(check.waiver.reason)}"


def _passed(report: Report) -> str:
    passed = sum(check.status is Status.PASS for check in report.checks)
    unseen = len(checks_not_looked_at(report))
    return f"{counted(passed, 'limit')} passed; {unseen} had nothing to look at."


def _foot(report: Report) -> str:
    info, pool = report.metrics.dataset, report.pool
    return (
        f"Measured by deri-gate, profile {code(report.metrics.profile.name)}, pool "
        f"{code(pool.name)} `{pool.hash}`; fingerprint of the images `{info.fingerprint}`."
    )
