"""`runs.csv.gz`: every run of every probe, so that a stranger can work out the weights again."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from typing import TYPE_CHECKING

import pandas as pd

from deri_gate.networks.columns import COLUMNS
from deri_gate.runtime.spreadsheet import cell_read, csv_text

if TYPE_CHECKING:
    from deri_gate.runtime.spreadsheet import TableCell

ENDING = ".csv.gz"
LEFT_OUT = ("recipe",)  # a key of the cache, half of the file, and no result


def runs_table(rows: pd.DataFrame) -> bytes:
    """Write results of probes as compressed CSV: the same bytes for the same rows.

    Args:
        rows: Rows of `results.read_results`, in its order.
    """
    names = [name for name in COLUMNS if name in rows.columns and name not in LEFT_OUT]
    cells: list[list[TableCell]] = [
        [None if pd.isna(cell) else cell for cell in row]
        for row in rows[names].itertuples(index=False, name=None)
    ]
    content = io.BytesIO()
    with gzip.GzipFile(fileobj=content, mode="wb", compresslevel=9, mtime=0) as file:
        file.write(csv_text(names, cells).encode())
    return content.getvalue()


def read_runs(content: bytes, limit: int) -> pd.DataFrame:
    """Read results of probes from compressed CSV.

    Args:
        content: The file.
        limit: The most bytes that it may hold, unpacked.

    Raises:
        ValueError: If it is none.
    """
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            text = file.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError("it is not compressed by gzip") from error
    if len(text) > limit:
        raise ValueError(f"it holds more than {limit:,} bytes")
    try:
        return _table(list(csv.reader(io.StringIO(text.decode("utf-8")))))
    except (csv.Error, OverflowError, TypeError) as error:  # a long cell; a number beyond 64 bits
        raise ValueError(str(error)) from error


def _table(rows: list[list[str]]) -> pd.DataFrame:
    head = rows[0] if rows else []
    if any(len(row) != len(head) for row in rows) or len(set(head)) < len(head):
        raise ValueError("its rows are of several lengths, or two columns have one name")
    columns = {
        name: pd.Series([_cell(row[k], COLUMNS.get(name, "string")) for row in rows[1:]])
        for k, name in enumerate(head)
    }
    table = pd.DataFrame(columns)
    return table.astype({name: COLUMNS.get(name, "string") for name in head})


def _cell(text: str, kind: str) -> str | float | int | None:
    """A cell of the column's type; an empty one is missing, and so is text that was empty."""
    if not text:
        return "" if kind == "string" else None
    if kind == "string":
        return cell_read(text)
    return int(text) if kind == "Int64" else float(text)
