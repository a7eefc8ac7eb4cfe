"""Statuses of limits and verdicts on datasets: the words, and their order."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

Severity = Literal["critical", "warning"]


class Status(StrEnum):
    """Status of a limit, or of all limits of a dataset; in the order of `rank`."""

    PASS = "pass"  # noqa: S105  # no password
    NOT_LOOKED_AT = "not_looked_at"  # there is nothing to look at, such as no splits
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"  # the gate is blind there, and nothing beside it may hide that

    @property
    def rank(self) -> int:
        """Severity: of several statuses the one of highest rank counts."""
        return list(Status).index(self)


Verdict = Literal[Status.PASS, Status.WARN, Status.FAIL, Status.UNKNOWN]  # on a whole dataset
