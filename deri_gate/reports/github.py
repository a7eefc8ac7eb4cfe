"""GitHub annotations of a report, for the log of a workflow step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.gate.records import Status
from deri_gate.reports.lines import missed_once, observed_text
from deri_gate.reports.text import printable
from deri_gate.reports.units import words_of
from deri_gate.runtime.output import defused

if TYPE_CHECKING:
    from deri_gate.gate.records import Check
    from deri_gate.reports.report import Report

MOST = 10  # annotations of one kind that GitHub shows a step
OF_CHANGE = ("difference", "change")  # columns of the table that only a base fills
LEVELS = {Status.FAIL: "error", Status.UNKNOWN: "error", Status.WARN: "warning"}


def commands_of(
    report: Report, *, file: str | None = None, change_file: str | None = None
) -> list[str]:
    """A workflow command for each missed check, worst first, ten at most.

    Args:
        report: What is reported.
        file: What they are anchored to, a path that git knows; images seldom are.
        change_file: What limits on the change are anchored to; None for the file of the others.
    """
    return [
        command(
            LEVELS[check.status],
            check.row or check.name,
            _said(check),
            file=(change_file or file) if check.column in OF_CHANGE else file,
        )
        for check in missed_once(report)[:MOST]
    ]


def command(level: str, title: str, text: str, *, file: str | None = None) -> str:
    """One workflow command, on one line, whatever the texts hold."""
    where = f"file={_property(file)}," if file else ""
    return f"::{level} {where}title={_property(printable(title))}::{_data(text)}"


def _said(check: Check) -> str:
    observed = "" if check.observed is None else f" is {observed_text(check)}"
    texts = [f"{words_of(check)}:{observed or ' unknown'}", check.detail, check.reason]
    return printable(". ".join(text.rstrip(".") for text in texts if text), 400)


def _data(text: str) -> str:
    """Text inside a workflow command: what would end it or start another is encoded."""
    encoded = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return defused(encoded, begun="::")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
