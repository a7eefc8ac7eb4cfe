"""JSON lines: an object a line, whose names are the columns."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

from deri_gate.data.readers.columns import spelled
from deri_gate.data.readers.files import readable
from deri_gate.data.readers.tables import (
    MAX_CELL,
    SEPARATOR,
    Interned,
    Table,
    check_size,
    refuse_kind,
)
from deri_gate.errors import DatasetError
from deri_gate.runtime.strict import unique_keys

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

_MAX_LINE = 2**22  # bytes
_MAX_NAMES = 10_000
_FIX = "Write one JSON object a line, in UTF-8, each name once."


def read_json_lines(path: Path, wanted: Collection[str] = ()) -> Table:
    """Read JSON lines; a name that an object lacks is an empty cell.

    Args:
        path: The file.
        wanted: Columns that are needed; an object or a list of lists in them is an error.

    Returns:
        The table; columns with objects or lists of lists are left out of it.

    Raises:
        DatasetError: If it is malformed or too large, or holds values of another kind.
    """
    check_size(path)
    columns: dict[str, list[str]] = {}
    nested: dict[str, int] = {}
    places: list[int] = []
    memo = Interned()
    with readable(path), path.open("rb") as file:
        for line, row in _objects(file, path):
            try:
                for name in _add(row, columns, len(places), memo):
                    nested.setdefault(name, line)
            except ValueError as error:
                raise _malformed(path, line, error) from error
            places.append(line)
            if len(columns) > _MAX_NAMES:
                raise DatasetError(f"has more than {_MAX_NAMES} names", path, _FIX)
    _refuse_needed(nested, wanted, path)
    for cells in columns.values():
        cells.extend([""] * (len(places) - len(cells)))
    kept = [name for name in columns if name not in nested]
    return Table(
        path=path,
        header=tuple(name.strip() for name in kept),
        columns=tuple(columns[name] for name in kept),
        places=places,
        unit="line",
        left_out=tuple(sorted(nested)),
    )


def _refuse_needed(nested: Mapping[str, int], wanted: Collection[str], path: Path) -> None:
    """Refuse to leave out a column that is needed; by name the first line with no cell of text."""
    needed = {*map(spelled, wanted)}
    for name, line in nested.items():
        if spelled(name) in needed:
            refuse_kind(name, f"an object or a list of no labels in line {line}", path)


def _objects(file: IO[bytes], path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line numbers and their objects; blank lines are passed over."""
    line = 0
    while raw := file.readline(_MAX_LINE + 1):
        line += 1
        try:
            if len(raw) > _MAX_LINE:
                raise ValueError(f"a line of more than {_MAX_LINE} bytes")  # noqa: TRY301
            text = raw.decode("utf-8-sig" if line == 1 else "utf-8")
            if not text.strip():
                continue
            row = json.loads(text, object_pairs_hook=unique_keys, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise _malformed(path, line, error) from error
        if not isinstance(row, dict):
            what = f"holds {type(row).__name__} and no object in line {line}"
            raise DatasetError(what, path, _FIX)
        yield line, row


def _malformed(path: Path, line: int, error: Exception) -> DatasetError:
    return DatasetError(f"is not valid JSON lines in line {line}: {error}", path, _FIX)


def _no_number(_constant: str) -> None:
    """NaN and Infinity stand for nothing that is known."""


def _add(
    row: dict[str, Any],
    columns: dict[str, list[str]],
    height: int,
    memo: Interned,
) -> Iterator[str]:
    """Add a cell to each column; gives the names whose values are none."""
    for name, value in row.items():
        cells = columns.setdefault(name, [])
        text = cell_as_text(value)
        if text is None:
            yield name
            continue
        cells += [""] * (height - len(cells))
        cells.append(memo(text))


def cell_as_text(value: Any) -> str | None:
    """A cell of text, numbers, times or labels; None for what is none of these.

    Whole numbers are written without a point, as pandas makes `1.0` of 1 beside a missing one.
    Databases keep numbers of patients as decimal ones.
    """
    if value is None or value != value:  # noqa: PLR0124  # NaN: not known
        return ""
    if isinstance(value, str):
        return _checked(value)
    if isinstance(value, (bool, int)):
        return str(value)
    if isinstance(value, (float, Decimal)):
        return str(int(value)) if is_whole(value) else repr(float(value))
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return _joined(value) if isinstance(value, list) else None


def is_whole(value: float | Decimal) -> bool:
    """True for a number without a fraction."""
    return math.isfinite(value) and value == int(value)


def _joined(values: list[Any]) -> str | None:
    """Several labels in one cell, as in a text table."""
    parts = [None if isinstance(value, list) else cell_as_text(value) for value in values]
    if any(part is None or SEPARATOR in part for part in parts):
        return None
    return SEPARATOR.join(filter(None, parts))


def _checked(text: str) -> str:
    if len(text) > MAX_CELL:
        raise ValueError(f"a value of more than {MAX_CELL} characters")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("a value with half of a character (a lone surrogate)") from error
    return text
