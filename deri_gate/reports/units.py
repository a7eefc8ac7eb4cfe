"""Units of the numbers that limits are about: shares are shown in per cent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.explain.masks import MASK_ROWS
from deri_gate.measuring.shares import COUNTS, SHARES
from deri_gate.metrics.catalogue import METRICS
from deri_gate.runtime.figures import SHARE, exact

if TYPE_CHECKING:
    from deri_gate.gate.records import Check

OF_DRIFT = ("baseline_copies", "baseline_near_copies", "coverage")  # shares of a batch
ALL_SHARES = {*SHARES, *MASK_ROWS, *OF_DRIFT} - {*COUNTS}


def unit_of_limit(check: Check) -> str:
    """Unit of the number that a limit is about; empty where it has none, as points have."""
    if check.row in ALL_SHARES:
        return SHARE if check.column in ("raw", "difference") else ""
    if check.column != "raw":
        return ""  # points, or a probability
    return next((metric.unit for metric in METRICS if metric.name == check.metric), "")


def bound_text(check: Check) -> str:
    """The limit alone, in the unit of the number: "at most 7 %"; empty where there is no bound."""
    if check.bound is None or check.limit is None:
        return ""
    return f"{check.bound.replace('_', ' ')} {exact(check.limit, unit_of_limit(check))}"


def words_of(check: Check) -> str:
    """Name of the limit for people: as the suite has it, a share in per cent."""
    bound = bound_text(check)
    if not bound or unit_of_limit(check) != SHARE:
        return check.name
    if check.column == "difference":
        return f"difference of {check.row} to the base {bound}"
    return f"{check.row} {bound}"
