"""Rows that a condition leaves out only because they lack the value that it asks for.

A comparison with nothing is false, so a metric that was not measured, or that the pool does not
weigh, would drop out of the limit without a word.
"""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

from deri_gate import metrics  # loads every metric: where a row is asked about

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from deri_gate.gate.records import Row

OF_METRICS = ("subscore", "weight")  # columns in which shares and slices never have a number
OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "IN": lambda value, among: value in among,
    "NOT_IN": lambda value, among: value not in among,
}
DROPS_GAPS = ("==", "<", "<=", ">", ">=", "IN")  # the other two choose rows without a value


def left_out(rows: Iterable[Row], condition: Any) -> dict[str, tuple[str, ...]]:
    """Find the rows that would be chosen if a missing value were one that fits.

    Args:
        rows: All rows of the table.
        condition: A row condition of a suite; None chooses all rows.

    Returns:
        By the column without a value, names of the rows that are left out for it.
    """
    if not isinstance(condition, dict):
        return {}
    found: dict[str, list[str]] = {}
    for row in rows:
        if not _chooses(condition, row, gaps=False) and _chooses(condition, row, gaps=True):
            column = next(c for c in _columns(condition) if _is_gap(row, c))
            found.setdefault(column, []).append(row.name)
    return {column: tuple(names) for column, names in found.items()}


def _chooses(condition: Mapping[str, Any], row: Row, *, gaps: bool) -> bool:
    """True if a condition chooses a row.

    Args:
        condition: The condition, or a part of it.
        row: The row.
        gaps: What a part says of a value that the row should have and lacks.
    """
    if "conditions" in condition:
        parts = [_chooses(part, row, gaps=gaps) for part in condition["conditions"]]
        return any(parts) if condition.get("type") == "or" else all(parts)
    column = _column(condition)
    value = _value(row, column)
    if condition.get("type") == "nullity":
        asks_none = bool(condition.get("is_null"))
        return (value is None) == asks_none or (gaps and not asks_none and _is_gap(row, column))
    sign = condition.get("operator")
    if value is None and sign in DROPS_GAPS:
        return gaps and _is_gap(row, column)
    return value is None or _compare(sign, value, condition.get("parameter"))


def _compare(sign: Any, value: Any, parameter: Any) -> bool:
    """Answer of a comparison; one that Great Expectations cannot make is told by itself."""
    try:
        return bool(OPERATORS[sign](value, parameter))
    except (KeyError, TypeError):
        return False


def _is_gap(row: Row, column: str) -> bool:
    """True if the row lacks a value that a row of its kind has once it was looked at."""
    if _value(row, column) is not None:
        return False
    is_metric = row.slice is None and row.metric in {m.name for m in metrics.catalogue.METRICS}
    if column == "change":  # a share has none, whether it was looked at or not
        return is_metric or row.compared
    return is_metric or (column not in OF_METRICS and row.raw is None) or column == "raw"


def _value(row: Row, column: str) -> str | float | None:
    """Cell of the table; what is not finite is no measurement there either."""
    value = row.name if column == "metric" else getattr(row, column)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _column(part: Mapping[str, Any]) -> str:
    column = part.get("column")
    return str(column.get("name") if isinstance(column, dict) else column)


def _columns(condition: Mapping[str, Any]) -> list[str]:
    """Columns that a condition compares, in its order."""
    if "conditions" in condition:
        return [column for part in condition["conditions"] for column in _columns(part)]
    return [_column(condition)]
