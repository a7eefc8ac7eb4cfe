"""Checks of a report's files: do they hold what their numbers and limits say?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.gate.records import Status, verdict_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.gate.records import Check

ROUNDING = 1e-6  # of a limit: numbers in files are rounded


def check_judged(checks: Sequence[Check], verdict: Status) -> None:
    """Refuse a verdict that is better than its checks, and a check that is better than its number.

    Raises:
        ValueError: If there is one; says which.
    """
    for check in checks:
        if _is_too_good(check):
            raise ValueError(
                f"scores.json: {check.name[:80]!r} is {check.status}, and its number misses it"
            )
    worst = verdict_on(check.status for check in checks)
    if worst.rank > verdict.rank:
        found = f"a check is {worst}" if checks else "there is no check"
        raise ValueError(f"scores.json: the verdict is {verdict}, and {found}")


def _is_too_good(check: Check) -> bool:
    """True for a limit on one number that this number does not keep, with a status as if it did."""
    if check.bound is None or check.limit is None or check.status in (Status.FAIL, Status.UNKNOWN):
        return False
    if check.observed is None:
        return check.status is not Status.NOT_LOOKED_AT
    over = check.observed - check.limit
    short = over if check.bound == "at_most" else -over
    warns = check.status is Status.WARN and (check.severity == "warning" or check.waived)
    return short > ROUNDING * abs(check.limit) and not warns
