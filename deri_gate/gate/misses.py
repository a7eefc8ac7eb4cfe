"""Limits that nothing can miss: they would pass every dataset, and are refused."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from deri_gate.drift.limits import NAMES as OF_DRIFT
from deri_gate.drift.limits import NEWS
from deri_gate.errors import SettingError
from deri_gate.explain.masks import MASK_ROWS
from deri_gate.gate.document import objects
from deri_gate.gate.records import NUMBERS, row_name
from deri_gate.measuring.quality_gap import GAP_ROWS
from deri_gate.measuring.shares import COUNTS, SHARES
from deri_gate.measuring.slices import KINDS
from deri_gate.metrics.catalogue import METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WORST = {row_name(m.name, kind, "worst"): m.name for kind in KINDS for m in METRICS}
GAPS = {row_name(m.name, kind, "gap"): m.name for kind in KINDS for m in METRICS}
ROUNDING = 1e-5  # by which a metric's lowest and highest value lie beside a round number
OF_COLUMNS = {"subscore": (0.0, 100.0), "weight": (0.0, 1.0), "change": (0.0, 1.0)}
OURS = {
    "expect_subscore_to_be_at_least": "subscore",
    "expect_value_to_be_at_least": "raw",
    "expect_value_to_be_at_most": "raw",
    "expect_difference_to_be_at_least": "difference",
    "expect_changed_images_to_fit": "change",
}  # which column each of our expectations reads
OF_THE_VALUES = (
    "expect_column_values_to_be_between",
    "expect_column_min_to_be_between",
    "expect_column_max_to_be_between",
    "expect_column_mean_to_be_between",
    "expect_column_median_to_be_between",
)  # bounds on a value of the column
OF_A_SHARE = (
    "expect_column_proportion_of_unique_values_to_be_between",
    "expect_column_proportion_of_non_null_values_to_be_between",
)  # bounds on a number from 0 to 1
OF_A_COUNT = (
    "expect_column_unique_value_count_to_be_between",
    "expect_column_stdev_to_be_between",
)  # bounds on a number from 0
ABOUT_THE_TABLE = (
    "expect_column_to_exist",
    "expect_column_values_to_be_of_type",
    "expect_column_values_to_be_in_type_list",
)  # answers that are the same for every dataset
Range = tuple[float, float]
ALL: Range = (-math.inf, math.inf)


def check_can_be_missed(
    kind: str, kwargs: Mapping[str, Any], metrics: Sequence[str], where: str
) -> None:
    """Refuse an expectation that every dataset would meet, or none.

    Args:
        kind: Its type.
        kwargs: Its arguments.
        metrics: Metrics that it names.
        where: The expectation, for errors.

    Raises:
        SettingError: If nothing can miss it, or keep it, or if it leaves out what would miss it.
    """
    mostly = kwargs.get("mostly")
    if isinstance(mostly, int | float) and mostly <= 0:
        raise _useless(f"mostly is {mostly}", where, "Leave mostly out, or give more than 0.")
    if not kwargs.get("value_set", True) and "not" in kind.split("_"):
        raise _useless("its value_set is empty", where, "Name the values that must not occur.")
    column = OURS.get(kind) or kwargs.get("column")
    _refuse_own_condition(column, kwargs, where)
    about = metrics[0] if len(metrics) == 1 else ""
    low, high = _range_of(kind, str(column), about)
    least = kwargs.get("minimum", kwargs.get("min_value"))
    most = kwargs.get("maximum", kwargs.get("max_value"))
    bounds = [b for b in (least, most) if isinstance(b, int | float)]
    _refuse_contradiction(bounds, where)
    if not bounds or (low, high) == ALL:
        return
    if _above(least, low, strict=bool(kwargs.get("strict_min"))):
        return
    if most is not None and _above(-most, -high, strict=bool(kwargs.get("strict_max"))):
        return
    said = " and ".join(f"{b:g}" for b in bounds)
    what = f"its limit is {said}, where {about or column} is never outside {low:g} to {high:g}"
    raise _useless(what, where, "Give a limit inside that range.")


def _refuse_own_condition(column: Any, kwargs: Mapping[str, Any], where: str) -> None:
    """Rows chosen by the value that is judged leave out those that would miss the limit."""
    if column in NUMBERS and column in map(_column, objects(kwargs.get("row_condition"))):
        what = f"its row_condition chooses rows by {column}, which it judges: others are left out"
        raise SettingError(what, where, "Choose rows by metric.")


def _refuse_contradiction(bounds: Sequence[float], where: str) -> None:
    if bounds != sorted(bounds):
        what = f"it asks for at least {bounds[0]:g} and at most {bounds[1]:g}"
        raise SettingError(what, where, "Exchange the two, or leave one out.")


def _above(bound: Any, end: float, *, strict: bool) -> bool:
    """True if some value lies between the end of the range and the bound."""
    if not isinstance(bound, int | float):
        return False
    if math.isinf(end) or (strict and bound >= end):
        return True
    return bound > end + ROUNDING * max(1.0, abs(end))


def judges_values(kind: str, kwargs: Mapping[str, Any]) -> bool:
    """True if the answer depends on measured values, not only on the form of the table."""
    if kind in OURS:
        return True
    columns = [_column(part) for part in objects(kwargs.get("row_condition"))]
    if kind.startswith("expect_table_") or kind in ABOUT_THE_TABLE:
        return any(column in NUMBERS for column in columns)
    for argument in ("column", "column_A", "column_B", "column_list", "column_set"):
        value = kwargs.get(argument) or []
        columns += value if isinstance(value, list) else [value]
    return any(column in NUMBERS for column in columns)


def _column(part: Mapping[str, Any]) -> Any:
    """The column that a part of a row condition compares, None for other parts."""
    column = part.get("column")
    return column.get("name") if isinstance(column, dict) else column


def _range_of(kind: str, column: str, metric: str) -> Range:
    """Range of the number that the bounds are about."""
    if kind in OF_A_SHARE:
        return 0.0, 1.0
    if kind in OF_A_COUNT:
        return 0.0, math.inf
    if kind not in OURS and kind not in OF_THE_VALUES:
        return ALL
    if column == "raw":
        return _raw_range(metric)
    if column == "difference" and metric in {m.name for m in METRICS}:
        return -100.0, 100.0
    return OF_COLUMNS.get(column, ALL)


def _raw_range(name: str) -> Range:
    """Lowest and highest value of a row, in any profile's definition; without end where unknown."""
    metric = WORST.get(name) or GAPS.get(name, name)
    forms = [form for m in METRICS if m.name == metric for form in (m, m.paper) if form is not None]
    if forms:
        low, high = min(form.low for form in forms), max(form.high for form in forms)
        return (0.0, high - low) if name in GAPS else (low, high)
    if name in COUNTS or name in NEWS or name in ("new_classes", "density"):
        return 0.0, math.inf
    if name in GAP_ROWS:
        return -1.0, 1.0
    if name in SHARES or name in MASK_ROWS or name in OF_DRIFT:
        return 0.0, 1.0
    return (0.0, 100.0) if name == "U" else ALL


def _useless(what: str, where: str, fix: str) -> SettingError:
    return SettingError(f"{what}: nothing can miss it", where, fix)
