"""Missed limits as GitLab's code quality report, which a merge request shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import RootModel

from deri_gate.reports.lines import missed
from deri_gate.reports.sarif import fingerprints, said_of
from deri_gate.reports.text import printable
from deri_gate.schemas.base import JsonRecord, as_json
from deri_gate.schemas.statuses import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.reports.report import Report

Grade = Literal["minor", "critical", "blocker"]
GRADES: Mapping[Status, Grade] = {
    Status.FAIL: "critical", Status.UNKNOWN: "blocker", Status.WARN: "minor",
}  # fmt: skip


class Lines(JsonRecord):
    """Line of a file; a dataset has none, and the first stands for all."""

    begin: int = 1


class ProblemPlace(JsonRecord):
    """Place of a problem."""

    path: str
    lines: Lines = Lines()


class Problem(JsonRecord):
    """A missed limit."""

    description: str
    check_name: str
    fingerprint: str  # equal as long as it is the same limit of the same dataset
    severity: Grade
    location: ProblemPlace


def as_code_quality(report: Report, file: str | None = None) -> str:
    """A list with an entry a missed limit; waived ones are left out, as nobody is to act on them.

    Args:
        report: What is reported.
        file: Path that git knows, which the entries are anchored to; the dataset's name if None.
    """
    name = report.metrics.dataset.name
    where = ProblemPlace(path=printable(file or name))
    checks = [check for check in missed(report) if not check.waived]
    problems = tuple(
        Problem(
            description=said_of(check),
            check_name=printable(check.row or check.name),
            fingerprint=fingerprint,
            severity=GRADES[check.status],
            location=where,
        )
        for check, fingerprint in zip(checks, fingerprints(name, checks), strict=True)
    )
    return as_json(RootModel[tuple[Problem, ...]](problems))
