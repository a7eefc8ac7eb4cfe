"""Reasons that a result of Great Expectations is no answer."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from deri_gate.runtime.counts import listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.gate.declared import Declared
    from deri_gate.gate.records import Row

# These judge the gaps themselves, so that a gap is their answer, not the lack of one.
ABOUT_GAPS = (
    "expect_column_values_to_be_null",
    "expect_column_values_to_not_be_null",
    "expect_column_proportion_of_non_null_values_to_be_between",
)

OF_A_SCORE = ("raw", "difference")  # columns in which a score has a number


def no_answer(
    expectation: Declared,
    result: Mapping[str, Any],
    witnesses: Sequence[Mapping[str, Any]],
    row: Row | None,
    *,
    lacking: Mapping[str, Sequence[str]],
    without: Mapping[str, Sequence[str]],
) -> str:
    """Reason that the result is no answer; empty when it is one.

    Args:
        expectation: What was asked.
        result: The answer to it.
        witnesses: Answers that count the rows it looked at, and their gaps.
        row: The one that it is about, if any.
        lacking: By each score it looked at, metrics that the score lacks.
        without: By column, rows that its condition leaves out for want of a value there.
    """
    for found in (result, *witnesses):
        raised = raised_in(found)
        if raised is not None:
            return f"Great Expectations could not evaluate it: {raised}"
    if expectation.kind:
        known = result["result"].get("observed_value") is not None
        return _lacking(expectation, result, lacking) if known else _missing(expectation, row)
    if any(not witness["result"]["element_count"] for witness in witnesses):
        return "no row was looked at"
    return (
        _gap(expectation, result, witnesses)
        or _left_out(result, without)
        or _lacking(expectation, result, lacking)
    )


def _left_out(result: Mapping[str, Any], without: Mapping[str, Sequence[str]]) -> str:
    """Reason that a limit which is kept looked at fewer rows than it asks for; empty for none."""
    if not without or not result["success"]:
        return ""
    said = (f"without {column}: {listed(names)}" for column, names in without.items())
    return f"its row_condition leaves out rows that were not measured: {'; '.join(said)}"


def _lacking(
    expectation: Declared, result: Mapping[str, Any], lacking: Mapping[str, Sequence[str]]
) -> str:
    """Reason that a score which keeps its limit is no answer: it lacks metrics; empty for none.

    Whoever makes a bad metric unmeasurable raises the score of the others.
    """
    if not lacking or not result["success"] or expectation.read_columns.isdisjoint(OF_A_SCORE):
        return ""
    without = sorted({metric for metrics in lacking.values() for metric in metrics})
    were, them = ("was", "it") if len(without) == 1 else ("were", "them")
    return (
        f"{listed(sorted(lacking))} {'is' if len(lacking) == 1 else 'are'} without "
        f"{listed(without)}, which {were} not measured, or not as the pool defines {them}, and "
        f"which the suite does not limit: limit {them}, "
        f'with "demanded": false if datasets may lack {them}, '
        "or write the suite anew with --write-suite"
    )


def _missing(expectation: Declared, row: Row | None) -> str:
    """Reason that one of ours has no value; a pool of another version scores no such metric."""
    raw = row.raw if row and expectation.column == "subscore" else None
    if raw is not None and math.isfinite(raw):
        return (
            f"{expectation.row} was measured, but the pool has too few values of it by this "
            "definition: calibrate the pool again"
        )
    return f"{expectation.row} was not measured"


def _gap(
    expectation: Declared, result: Mapping[str, Any], witnesses: Sequence[Mapping[str, Any]]
) -> str:
    """Gap in the rows that may have changed the result; empty for none."""
    if expectation.entry.type in ABOUT_GAPS:
        return ""
    missed = result["result"].get("unexpected_count") and not result["success"]
    if missed and len(expectation.columns) == 1:
        return ""  # a miss whatever the gaps would have held; of several columns GX counts gaps too
    for column, witness in zip(expectation.columns, witnesses, strict=False):
        if witness["result"]["unexpected_count"]:
            return f"rows without {column}, not measured: {witness['result']['unexpected_count']}"
    return ""


def raised_in(result: Mapping[str, Any]) -> str | None:
    """Exception of the expectation, or of one of its metrics, if any."""
    info = result["exception_info"]
    parts = [info] if "raised_exception" in info else list(info.values())
    said = sorted({str(part["exception_message"]) for part in parts if part["raised_exception"]})
    return re.sub(r"0x[0-9a-f]+", "0x", "; ".join(said)) if said else None  # addresses differ
