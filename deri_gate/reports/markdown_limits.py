"""The missed limits of a report in Markdown: a line each, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.reports.escaping import escaped
from deri_gate.reports.lines import COLUMN_WORDS, limit_text, missed, observed_text
from deri_gate.reports.page_parts import Said, check_title
from deri_gate.reports.words import MARKS, WAIVED, WAIVED_MARK, status_word

if TYPE_CHECKING:
    from deri_gate.gate.records import Check, Status
    from deri_gate.reports.report import Report

MOST_CHECKS = 40


def missed_text(report: Report) -> str:
    """A line a limit that does not pass, worst first, no sentence twice; empty for none."""
    checks, said = missed(report), Said()
    lines = [_line(report, check, said) for check in checks[:MOST_CHECKS]]
    if len(checks) > MOST_CHECKS:
        lines.append(f"* and {len(checks) - MOST_CHECKS} more in `scores.json`")
    return "\n".join(lines)


def marked_status(status: Status | None) -> str:
    """A status behind its mark: "❌ fail"; empty for none."""
    return f"{MARKS[status]} {status_word(status)}" if status else ""


def _line(report: Report, check: Check, said: Said) -> str:
    mark = f"{WAIVED_MARK} {WAIVED}" if check.waived else marked_status(check.status)
    told = _told(report, check)
    parts = (told, check.detail, "" if told else check.reason)  # which says less than the test
    text = said.fresh(" ".join(_ended(part) for part in parts if part))
    title = f"**{escaped(check_title(report, check), 160)}**"
    if told:  # it has the p-value
        return f"* {mark}: {title}: {escaped(text)}"
    return f"* {mark}: {title} {_held(check)}. {escaped(text)}".rstrip()


def _told(report: Report, check: Check) -> str:
    """Sentence of the test of changed images by which the limit is missed; empty for others."""
    tests = report.change.tests if report.change and check.column == "change" else ()
    own = [test for test in tests if test.about == check.metric]
    return min(own, key=lambda test: test.adjusted_p).sentence if own else ""


def _held(check: Check) -> str:
    """The number that is held against the limit, and the limit: "is 0.09, at most 0.07"."""
    if check.observed is None:
        return escaped(limit_text(check), 160)
    words = COLUMN_WORDS.get(check.column, "")  # said once, before the number that they are about
    limit = escaped(limit_text(check).removeprefix(words), 160)
    about = f"{words.strip()} is" if words else "is"
    return f"{about} {observed_text(check)}, {limit}"


def _ended(text: str) -> str:
    """The text with a full stop, unless it ends already."""
    return text if text.endswith((".", "!", "?")) else f"{text}."
