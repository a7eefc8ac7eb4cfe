"""Labels of a table's rows: one class, several joined by a bar, or a column a class."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from deri_gate.data.dataset import NO_LABEL
from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.tables import SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.data.readers.header import Chosen
    from deri_gate.data.readers.tables import Table

Labels = list[tuple[str, ...]]  # of each row its classes

_EMPTY = (
    "Give every image a label, or NA where there is none: it is not judged, and counted. Only "
    "where some have several may others have none."
)
_NONE = "Give every image a class, or write multihot: for onehot: where it may be in none."
_NUMBERS = (
    "the labels are numbers, most of which come once: a number to be predicted is no class, so "
    "cut it into ranges"
)
_FRACTION = re.compile(r"\s*[+-]?\d*\.\d+(e[+-]?\d+)?\s*", re.IGNORECASE)
_YES = frozenset({"1", "true", "yes"})
_NO = frozenset({"", "0", "false", "no", "nan"})
_PRESENT, _UNCERTAIN = "1", "-1"


class Labelled(NamedTuple):
    """The classes of each row, and what a person should know of how they were read."""

    labels: Labels
    notes: tuple[str, ...] = ()


def labels_of(table: Table, chosen: Chosen, *, required: bool) -> Labelled:
    """Classes of each row.

    A row without a class is an error, unless others have several: then it has none of them.

    Args:
        table: The table.
        chosen: Where its labels are.
        required: Whether a missing label is an error.

    Raises:
        DatasetError: If a label is missing or is no 0 or 1.
    """
    if not chosen.labels:
        return Labelled([()] * len(table))
    if chosen.one_hot:
        return _one_hot(table, chosen, required=required)
    written = table.columns[chosen.labels[0]]
    if any(SEPARATOR in label for label in written):
        return Labelled([_joined_classes(label) or (NO_LABEL,) for label in written])
    if required:
        empty = [i for i, label in enumerate(written) if not label.strip()]
        table.refuse(empty, "has no label", _EMPTY)
    labels: Labels = [(label,) if label.strip() else () for label in written]
    return Labelled(labels, (_NUMBERS,) if _are_numbers(written) else ())


def _joined_classes(label: str) -> tuple[str, ...]:
    """Classes that a bar joins, each once."""
    return tuple(dict.fromkeys(part for part in label.split(SEPARATOR) if part.strip()))


def _are_numbers(written: Sequence[str]) -> bool:
    """True if the labels are numbers with a fraction, most of which come once."""
    kinds = set(written)
    return 2 * len(kinds) > len(written) > 1 and all(map(_FRACTION.fullmatch, kinds))


def _one_hot(table: Table, chosen: Chosen, *, required: bool) -> Labelled:
    """Classes whose column says 1; -1 is uncertain and, like a blank, not the class."""
    names = [table.header[position] for position in chosen.labels]
    columns = [_meanings(table, position) for position in chosen.labels]
    rows: Labels = [
        tuple(name for name, meaning in zip(names, row, strict=True) if meaning == _PRESENT)
        for row in zip(*columns, strict=True)
    ]
    several = chosen.may_be_none or any(len(row) > 1 for row in rows)
    if several:
        rows = [row or (NO_LABEL,) for row in rows]
    elif required:
        table.refuse([i for i, row in enumerate(rows) if not row], "has no label", _NONE)
    uncertain = sum(column.count(_UNCERTAIN) for column in columns)
    note = f"cells of -1 (uncertain) read as absent: {uncertain:,}"
    return Labelled(rows, (note,) if uncertain else ())


def _meanings(table: Table, position: int) -> list[str]:
    """Meaning of each cell of a class's column: "1", "0" or "-1".

    Raises:
        DatasetError: If one says none of them.
    """
    name, column = table.header[position], table.columns[position]
    meanings = {cell: _meaning(cell) for cell in set(column)}
    odd = [i for i, cell in enumerate(column) if not meanings[cell]]
    what = f"has {path_text(column[odd[0]][:30])!r} in the column {name!r}" if odd else ""
    table.refuse(odd, what, "A column of a class says 0 or 1, -1 for uncertain.")
    return [meanings[cell] for cell in column]


def _meaning(cell: str) -> str:
    """Say "1", "0" or "-1"; "" for what is none of them."""
    plain = cell.strip().casefold()
    plain = plain.partition(".")[0] if plain.rstrip("0").endswith(".") else plain
    if plain in _YES:
        return _PRESENT
    if plain in _NO:
        return "0"
    return _UNCERTAIN if plain == _UNCERTAIN else ""
