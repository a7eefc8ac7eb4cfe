"""The missed limits of a report in Markdown: a line each, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.reports.advice import advice_on
from deri_gate.reports.exhibits.findings import shares_of
from deri_gate.reports.lines import COLUMN_WORDS, limit_text, missed_once, observed_text
from deri_gate.reports.page_parts import Said, check_title, full_sentence
from deri_gate.reports.tally import changed_for
from deri_gate.reports.text import code, escaped
from deri_gate.reports.units import unit_of_limit
from deri_gate.reports.words import MARKS, WAIVED, WAIVED_MARK, status_word
from deri_gate.runtime.counts import listed
from deri_gate.runtime.figures import figure

if TYPE_CHECKING:
    from deri_gate.changes.records import ChangeTest
    from deri_gate.gate.records import Check, Status
    from deri_gate.reports.report import Report

MOST_CHECKS = 40
MOST_NAMED = 3  # images behind a limit; a block further down has more


def missed_text(report: Report) -> str:
    """A line a limit that does not pass, worst first, no sentence twice; empty for none.

    Where one on a number fails, a stricter one that warns of the same number says nothing new.
    """
    checks, said = missed_once(report), Said()
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
    advice = "" if check.waived else advice_on(check)
    parts = (told, check.detail, "" if told else check.reason, advice)  # a test says the reason
    text = escaped(said.fresh(" ".join(full_sentence(part) for part in parts if part)))
    title = f"**{escaped(check_title(report, check), 160)}**"
    # The test has the p-value.
    start = f"* {mark}: {title}:" if told else f"* {mark}: {title} {_held(report, check)}."
    return " ".join(part for part in (start, text, _named(report, check)) if part)


def _told(report: Report, check: Check) -> str:
    """Sentence of the test of changed images by which the limit is missed; empty for others."""
    test = _test_of(report, check)
    return test.sentence if test else ""


def _test_of(report: Report, check: Check) -> ChangeTest | None:
    tests = report.change.tests if report.change and check.column == "change" else ()
    own = [test for test in tests if test.about == check.metric]
    return min(own, key=lambda test: test.adjusted_p, default=None)


def _named(report: Report, check: Check) -> str:
    """The first images by which a limit is missed, such as "Such as a.png and b.png".

    Of two that do not agree, a finding names one; the changed one is named where there is a base.
    """
    test = _test_of(report, check)
    found = [f for f in report.metrics.findings if check.metric in shares_of(f.kind)]
    kinds = dict.fromkeys(f.kind for f in found)
    changed = [name for kind in kinds for name in changed_for(report, kind)]
    images = test.images if test else dict.fromkeys([*changed, *(f.path for f in found)])
    names = [code(name) for name in [*images][:MOST_NAMED]]
    return f"Such as {listed(names)}." if names else ""


def _base_value(report: Report, check: Check) -> str:
    """The value in the base of a number that is held against a limit, such as " (base 8.3 %)"."""
    change = report.change if check.column == "raw" and check.slice is None else None
    known = {**change.differences, **change.shares} if change else {}
    base = known[check.row].base if check.row in known else None
    return "" if base is None else f" (base {figure(base, unit_of_limit(check))})"


def _held(report: Report, check: Check) -> str:
    """The number that is held against the limit, and the limit: "is 0.09, at most 0.07"."""
    if check.observed is None:
        return escaped(limit_text(check), 160)
    words = COLUMN_WORDS.get(check.column, "")  # said once, before the number that they are about
    limit = escaped(limit_text(check).removeprefix(words), 160)
    about = f"{words.strip()} is" if words else "is"
    return f"{about} {observed_text(check)}{_base_value(report, check)}, {limit}"
