"""Tables as people have them: .csv, .tsv, .jsonl and .parquet -> columns of text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise, repeat
from typing import TYPE_CHECKING, NoReturn

from deri_gate.data.readers.files import path_text, readable
from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path

MAX_TEXT = 256 * 2**20  # characters or bytes of a table: millions of rows
MAX_CELL = 131_072  # characters, the csv module's own limit
MOST_KEPT = 2**16  # different cells of which one copy is kept; others hardly come again
SEPARATOR = "|"  # between the labels of one image
COUNTS = 0.9  # share of the rows whose number is the next one, from which on a column counts rows
DIGITS = 19  # of a number that counts rows; more take long to read
_SHOWN = 40  # columns that an error names


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table whose cells are text, "" where there is nothing.

    Attributes:
        path: The file.
        header: Names of the columns, without blanks around them.
        columns: Cells of each column, as many as there are rows.
        places: Place of each row, as an editor or a data frame counts.
        unit: What the places count: "line" or "row".
        left_out: Names of columns whose values are no text, numbers or times.
    """

    path: Path
    header: tuple[str, ...]
    columns: tuple[Sequence[str], ...]
    places: Sequence[int]
    unit: str
    left_out: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.places)

    def with_column(self, name: str, cells: Sequence[str]) -> Table:
        """The table with one more column, the last."""
        return replace(self, header=(*self.header, name), columns=(*self.columns, cells))

    def title(self, column: int) -> str:
        """Name of a column; its place where it has none, counted from 1."""
        return self.header[column] or f"column {column + 1}"

    def titled(self) -> Table:
        """The table with a name for each column; without those that have none and say nothing."""
        kept = self.beside(())
        header, columns = map(self.title, kept), (self.columns[i] for i in kept)
        return replace(self, header=tuple(header), columns=tuple(columns))

    def beside(self, taken: Collection[int]) -> list[int]:
        """Positions of all other columns; those without a name if they say more than an index."""
        return [
            i
            for i, name in enumerate(self.header)
            if i not in taken and (name or not _is_index(self.columns[i]))
        ]

    def refuse(self, rows: Sequence[int], what: str, fix: str) -> None:
        """Raise an error that names the first of these rows, if there are any."""
        if rows:
            more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
            raise DatasetError(f"{what} ({self.unit} {self.places[rows[0]]}{more})", self.path, fix)


def _is_index(cells: Sequence[str]) -> bool:
    """True for blanks, and for numbers that count rows: one after another, or each once."""
    written = [cell.strip() for cell in cells]
    if not any(written):
        return True
    numbers = [int(cell) if cell.isdecimal() and len(cell) < DIGITS else -1 for cell in written]
    steps = sum(after == before + 1 for before, after in pairwise(numbers))
    different = len({number for number in numbers if number >= 0})  # of shuffled rows
    return steps >= COUNTS * (len(numbers) - 1) or different >= COUNTS * len(numbers)


def quoted(names: Sequence[str]) -> str:
    """Names of columns for an error, in quotes and printable; a wide table's are cut short."""
    shown = ", ".join(repr(path_text(name)) for name in names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return shown + more if names else "none"


def told_apart(names: Iterable[str]) -> list[str]:
    """Printable names of columns, no two of them the same: a second `age` is `age (2)`."""
    taken: dict[str, None] = {}
    times: Counter[str] = Counter()
    for name in map(path_text, names):
        own = name
        while own in taken:
            times[name] += 1
            own = f"{name} ({times[name] + 1})"
        taken[own] = None
    return [*taken]


def table_rows(columns: Sequence[Sequence[str]], count: int) -> Iterable[tuple[str, ...]]:
    """Cells of each of so many rows, in these columns; empty rows without columns."""
    return zip(*columns, strict=True) if columns else repeat((), count)


def without_text(table: Table) -> tuple[str, ...]:
    """Note on the columns that a table has lost; nothing if it has lost none."""
    if not table.left_out:
        return ()
    return (f"columns without text, numbers or times are not looked at: {quoted(table.left_out)}",)


def refuse_kind(name: str, kind: str, path: Path) -> NoReturn:
    """Refuse a column that is needed, and whose values are of another kind.

    Raises:
        DatasetError: Always.
    """
    what = f"the column {path_text(name)!r} holds {path_text(kind)}"
    raise DatasetError(what, path, "Write text or whole numbers.")


def check_size(path: Path) -> None:
    """Refuse a file that would take more memory than a table is worth.

    Raises:
        DatasetError: If it is too large, or cannot be looked at.
    """
    with readable(path):
        size = path.stat().st_size
    if size > MAX_TEXT:
        text = f"is {size / 2**20:.0f} MiB, more than the {MAX_TEXT // 2**20} a table may have"
        fix = "Leave out columns that the gate does not need, or cut it into several tables."
        raise DatasetError(text, path, fix)


class Interned:
    """Keeps one copy of cells that come again, as classes and patients do."""

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}

    def __call__(self, cell: str) -> str:
        """Return the first seen copy of a text."""
        return self._known(cell, cell)

    def every(self, cells: Sequence[str]) -> Iterator[str]:
        """The first seen copies of some texts."""
        return map(self._known, cells, cells)

    @property
    def _known(self) -> Callable[[str, str], str]:
        """Gives the copy of a text; it keeps new texts as long as they are few."""
        return self._seen.setdefault if len(self._seen) < MOST_KEPT else self._seen.get
