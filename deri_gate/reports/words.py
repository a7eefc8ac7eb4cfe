"""The words and marks for verdicts and statuses, the same in every format."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from deri_gate.runtime.counts import counted
from deri_gate.schemas.statuses import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.gate.records import Check, Verdict
    from deri_gate.reports.report import Report
    from deri_gate.schemas.metrics import DatasetInfo

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


def verdict_words(report: Report) -> str:
    """The verdict of a report; a batch in drift never reads as passed, whatever its suite asks."""
    watch = None if report.drift is None else report.drift.watch
    if watch is None or not watch.drifting or report.verdict not in (Status.PASS, Status.WARN):
        return VERDICT_WORDS[report.verdict]
    if watch.started:
        return "drifted"
    return f"drift continues since {watch.first}" if watch.first else "drift continues"


def marked_report(report: Report) -> str:
    """The verdict of a report behind its mark."""
    watch = None if report.drift is None else report.drift.watch
    drifting = watch is not None and bool(watch.drifting)
    status = Status.WARN if drifting and report.verdict is Status.PASS else report.verdict
    return f"{MARKS[status]} {verdict_words(report)}"


def size_words(info: DatasetInfo) -> str:
    """Size of what was judged: "900 images, 2 unreadable files, 3 classes"."""
    counts = {"image": info.images, "unreadable file": info.unreadable}
    return ", ".join([*(counted(n, noun) for noun, n in counts.items()), class_words(info)])


def class_words(info: DatasetInfo) -> str:
    """Number of classes; a batch may have no labels."""
    return counted(info.classes, "class") if info.classes else "no labels"


def status_word(status: Status) -> str:
    """A status for people."""
    return NOT_LOOKED_AT if status is Status.NOT_LOOKED_AT else status.value


def status_text(check: Check) -> str:
    """The status of a check for people; a waived miss is named."""
    return WAIVED if check.waived else status_word(check.status)
