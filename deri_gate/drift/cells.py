"""Cells of a history file, each taken in the one form in which it is written."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
COUNT = re.compile(r"[0-9]{1,12}")
FINGERPRINT = re.compile(r"[0-9a-f]{1,64}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}[0-9.:+-]*)?")
BETWEEN = "|"  # names in one cell
LEAST_P = 5e-324  # the smallest number above 0


def number_in(row: Mapping[str, str], name: str, low: float, high: float) -> float | None:
    """A finite number within a range, None for an empty cell.

    Raises:
        ValueError: If the cell holds anything else.
    """
    cell = row[name]
    if not cell:
        return None
    if not NUMBER.fullmatch(cell) or not math.isfinite(value := float(cell)):
        raise ValueError(f"{name} is {cell[:20]!r}, which is no number")
    if not low <= value <= high:
        raise ValueError(f"{name} is {cell}, which it cannot be")
    return value


def count_in(row: Mapping[str, str], name: str) -> int:
    """A whole number, 0 or more.

    Raises:
        ValueError: If the cell holds anything else.
    """
    if not COUNT.fullmatch(row[name]):
        raise ValueError(f"{name} is {row[name][:20]!r}, which is no number")
    return int(row[name])


def fingerprint_in(row: Mapping[str, str], name: str) -> str:
    """Hexadecimal digits.

    Raises:
        ValueError: If the cell holds anything else.
    """
    if not FINGERPRINT.fullmatch(row[name]):
        raise ValueError(f"{name} is {row[name][:20]!r}, which is no fingerprint")
    return row[name]


def date_in(row: Mapping[str, str], name: str) -> str:
    """A day as 2026-11-30, or a moment of it as 2026-11-30T08:15:00.

    Raises:
        ValueError: If the cell holds anything else, or there is no such day.
    """
    cell = row[name]
    known = DAY.fullmatch(cell) is not None
    try:
        written = datetime.fromisoformat(cell).isoformat() if known else ""
    except ValueError:
        written = ""
    if not written or cell not in (written, written.removesuffix("T00:00:00")):
        raise ValueError(f"{name} is {cell[:30]!r}, not a day such as 2026-11-30")
    return cell


def names_in_cell(row: Mapping[str, str], name: str, known: Collection[str]) -> tuple[str, ...]:
    """Known names with bars between them; none for an empty cell.

    Raises:
        ValueError: If one is not known, or occurs twice.
    """
    names = tuple(row[name].split(BETWEEN)) if row[name] else ()
    if len(set(names)) < len(names) or not set(names) <= set(known):
        raise ValueError(f"{name} is {row[name][:40]!r}, which it cannot be")
    return names
