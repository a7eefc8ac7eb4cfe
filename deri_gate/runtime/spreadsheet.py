"""CSV for people with spreadsheets: a name that would be a formula there is text.

A spreadsheet runs a cell that begins with = + - @ or a tab; a folder may be called `=cmd|...`.
Such a cell gets an apostrophe in front, which `cell_read` takes off again. Numbers stay numbers.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")  # the last four: wide ones
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:inf|nan)")

TableCell = str | float | None


def csv_text(head: Sequence[str], rows: Iterable[Sequence[TableCell]]) -> str:
    """A table as CSV, lines ending in a line feed; None is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([cell_written(cell) for cell in row] for row in rows)
    return text.getvalue()


def cell_written(cell: TableCell) -> TableCell:
    """A cell that no spreadsheet takes for a formula."""
    if not isinstance(cell, str) or NUMBER.fullmatch(cell) or not FORMULA.match(cell):
        return cell
    return f"'{cell}"


def cell_read(cell: str) -> str:
    """The text that `cell_written` was given."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell
