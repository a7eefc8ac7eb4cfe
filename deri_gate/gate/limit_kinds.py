"""Limits that are ours: what each reads, how it is said, and which numbers it takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deri_gate.gate.records import Bound

ARGUMENTS: Mapping[Bound, str] = {"at_least": "minimum", "at_most": "maximum"}  # that hold a limit
OF_THE_VALUES = (
    "expect_column_values_to_be_between",
    "expect_column_min_to_be_between",
    "expect_column_max_to_be_between",
    "expect_column_mean_to_be_between",
    "expect_column_median_to_be_between",
    "expect_column_quantile_values_to_be_between",
)  # bounds on a value of the column


@dataclass(frozen=True, kw_only=True)
class LimitKind:
    """One of our expectations, as far as it can be told without Great Expectations."""

    type: str  # its name in a suite
    reads: str  # the column whose value is held against the limit
    bound: Bound
    wording: str  # says the limit, with $metric and the argument's name
    takes: Callable[[float], bool] = math.isfinite  # whether a finite number is a limit
    span: str = ""  # says which are

    @property
    def argument(self) -> str:
        """Name of the argument that holds the limit."""
        return ARGUMENTS[self.bound]

    def describe(self, metric: str, limit: str) -> str:
        """Say the limit in words: "subscore of sharpness at least 5"."""
        return self.wording.replace("$metric", metric).replace(f"${self.argument}", limit)

    def is_kept(self, value: float, limit: float) -> bool:
        """True if `value` keeps within `limit`."""
        return value >= limit if self.bound == "at_least" else value <= limit

    def refusal(self, limit: Any) -> str:
        """Say why this is no limit of the kind; empty where it is one."""
        if isinstance(limit, bool) or not isinstance(limit, int | float):
            return f"must be a number, not {limit!r}"
        if not math.isfinite(limit):
            return f"must be a finite number, not {limit!r}"
        return "" if self.takes(limit) else f"must be {self.span}, not {limit!r}"


SUBSCORE_AT_LEAST = LimitKind(
    type="expect_subscore_to_be_at_least",
    reads="subscore",
    bound="at_least",
    wording="subscore of $metric at least $minimum",
    takes=lambda limit: 0 <= limit <= 100,  # noqa: PLR2004 - the range of every subscore
    span="within 0 to 100, as subscores are",
)
VALUE_AT_LEAST = LimitKind(
    type="expect_value_to_be_at_least",
    reads="raw",
    bound="at_least",
    wording="$metric at least $minimum",
)
VALUE_AT_MOST = LimitKind(
    type="expect_value_to_be_at_most",
    reads="raw",
    bound="at_most",
    wording="$metric at most $maximum",
)
DIFFERENCE_AT_LEAST = LimitKind(
    type="expect_difference_to_be_at_least",
    reads="difference",
    bound="at_least",
    wording="difference of $metric to the base at least $minimum",
)
CHANGE_FITS = LimitKind(
    type="expect_changed_images_to_fit",
    reads="change",
    bound="at_least",
    wording="changed images fit in $metric (adjusted p at least $minimum)",
    takes=lambda limit: 0 < limit <= 1,
    span="above 0 and at most 1, as p is",
)
KINDS = (SUBSCORE_AT_LEAST, VALUE_AT_LEAST, VALUE_AT_MOST, DIFFERENCE_AT_LEAST, CHANGE_FITS)
LIMIT_KINDS: Mapping[str, LimitKind] = {kind.type: kind for kind in KINDS}
