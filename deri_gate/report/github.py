"""The summary with GitHub annotations before it, for the log of a workflow step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.report.markdown import as_markdown
from deri_gate.report.text import number, printable

if TYPE_CHECKING:
    from deri_gate.report.report import Report

MOST = 10  # annotations of one kind that GitHub shows a step
LEVELS = {"fail": "error", "unknown": "error", "warn": "warning"}


def as_github(report: Report) -> str:
    """Workflow commands for the missed checks, ten at most, then the Markdown summary."""
    missed = [check for check in report.checks if check.status in LEVELS][:MOST]
    commands = [
        f"::{LEVELS[check.status]} title={_property(check.metric)}::"
        + _data(f"{check.name}: {number(check.observed)} {check.detail} {check.reason}".strip())
        for check in missed
    ]
    return "\n".join([*commands, as_markdown(report)])


def _data(text: str) -> str:
    """Text inside a workflow command: what would end it or start another is encoded."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")
