"""The words and marks for verdicts and statuses, the same in every format."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from deri_gate.schemas.statuses import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.gate.records import Check, Verdict

NOT_LOOKED_AT = "not looked at"
WAIVED = "waived"
WAIVED_MARK = "⏳"
VERDICT_WORDS: Mapping[Verdict, str] = {
    Status.PASS: "passed",
    Status.WARN: "passed with warnings",
    Status.FAIL: "failed",
    Status.UNKNOWN: "could not judge",
}
MARKS: Mapping[Status, str] = {
    Status.PASS: "✅",
    Status.NOT_LOOKED_AT: "⚪",
    Status.WARN: "⚠️",
    Status.FAIL: "❌",
    Status.UNKNOWN: "❔",
}


class Detail(Enum):
    """Amount of text."""

    QUIET = 0  # the last lines alone
    NORMAL = 1
    FULL = 2  # passed limits, all metrics, and the reasons of limits too


def marked_verdict(verdict: Verdict) -> str:
    """The verdict behind its mark: "✅ passed"."""
    return f"{MARKS[verdict]} {VERDICT_WORDS[verdict]}"


def status_word(status: Status) -> str:
    """A status for people."""
    return NOT_LOOKED_AT if status is Status.NOT_LOOKED_AT else status.value


def status_text(check: Check) -> str:
    """The status of a check for people; a waived miss is named."""
    return WAIVED if check.waived else status_word(check.status)
