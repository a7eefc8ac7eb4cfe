"""Exit status: 0 passed, 1 the gate failed, 2 it could not judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from deri_gate.gate.records import Status

PASSED, FAILED, NOT_JUDGED = 0, 1, 2
FailOn = Literal["fail", "warn", "never"]


def exit_status(verdict: Status, fail_on: FailOn) -> int:
    """0 passed, 1 failed, 2 could not be judged, whatever --fail-on says of that."""
    if verdict == "unknown":
        return NOT_JUDGED
    fails = {"fail": ("fail",), "warn": ("fail", "warn"), "never": ()}[fail_on]
    return FAILED if verdict in fails else PASSED
