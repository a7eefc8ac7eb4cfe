"""Exit status: 0 passed, 1 the gate failed, 2 it could not judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from deri_gate.schemas.statuses import Status

if TYPE_CHECKING:
    from deri_gate.schemas.statuses import Verdict

PASSED, FAILED, NOT_JUDGED = 0, 1, 2
FailOn = Literal["fail", "warn", "never"]
FAILS: dict[FailOn, tuple[Verdict, ...]] = {
    "fail": (Status.FAIL,),
    "warn": (Status.FAIL, Status.WARN),
    "never": (),
}


def exit_status(verdict: Verdict, fail_on: FailOn = "fail") -> int:
    """0 passed, 1 failed, 2 could not be judged, whatever --fail-on says of that."""
    if verdict == Status.UNKNOWN:
        return NOT_JUDGED
    return FAILED if verdict in FAILS[fail_on] else PASSED
