"""Kinds of expectations that every table of numbers keeps, however bad the numbers are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deri_gate.gate.records import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OF_TEXT = (
    "expect_column_value_lengths_",
    "expect_column_values_to_match_",
    "expect_column_values_to_not_match_",
    "expect_column_values_to_be_dateutil_parseable",
    "expect_column_values_to_be_json_parseable",
)  # beginnings of names
OF_AN_ORDER = (
    "expect_column_values_to_be_increasing",
    "expect_column_values_to_be_decreasing",
)  # of the rows, of which one alone is always in order
OF_EQUALS = (
    "expect_column_pair_values_to_be_equal",
    "expect_column_pair_values_a_to_be_greater_than_b",
    "expect_multicolumn_values_to_be_equal",
)
UNIQUE_ROWS = ("expect_compound_columns_to_be_unique", "expect_column_values_to_be_unique")
UNIQUE_WITHIN = "expect_select_column_values_to_be_unique_within_record"
# Columns that go with each other: what got worse is low, has lost points, and is sure to have.
# No operator is let off: one that keeps the low ("<") leaves out metrics that were not measured.
VALUES = ("raw", "subscore", "difference")
GO_WITH = dict.fromkeys(VALUES, VALUES) | dict.fromkeys(
    ("difference", "change"), (*VALUES, "change")
)


def always_kept(kind: str, column: Any, kwargs: Mapping[str, Any]) -> str:
    """Reason why the answer is the same for every dataset; "" where the kind does not say so.

    Args:
        kind: Type of the expectation.
        column: The column that it judges; anything but a name where it judges several.
        kwargs: Its arguments.
    """
    if column in NUMBERS and kind.startswith(OF_TEXT):
        return f"reads the numbers of {column} as text"
    if column in NUMBERS and kind in OF_AN_ORDER:
        return "asks for an order of the rows, which is that of the names"
    several = limited_columns(kwargs)
    if kind in OF_EQUALS and len(set(several)) == 1:
        return f"compares {several[0]} with itself"
    if kind in UNIQUE_ROWS and "metric" in several:
        return "asks that rows differ by metric, of which each has one row"
    if kind == UNIQUE_WITHIN and len({*several} & {*NUMBERS}) < 2:  # noqa: PLR2004
        return "asks that a number differs from a name"
    return ""


def chosen_by(judged: Iterable[Any], columns: Iterable[Any]) -> tuple[str, str]:
    """The column of a row condition by which what would miss the limit is left out.

    Args:
        judged: Columns that are judged.
        columns: Those that the condition compares.

    Returns:
        The one that is judged, and that of the condition; "" and "" for none.
    """
    compared = [*columns]
    for column in judged:
        alike = GO_WITH.get(column, (column,) if column in NUMBERS else ())
        if found := next((name for name in compared if name in alike), ""):
            return column, found
    return "", ""


def limited_columns(kwargs: Mapping[str, Any]) -> list[str]:
    """Names of the columns that an expectation is about."""
    listed = kwargs.get("column_list")
    given = [kwargs.get(argument) for argument in ("column", "column_A", "column_B")]
    given += listed if isinstance(listed, list) else []
    return [name for name in given if isinstance(name, str)]
