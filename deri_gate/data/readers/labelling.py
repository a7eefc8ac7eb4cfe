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

_EMPTY = "Give every image a label; only where some have several may others have none."
_NONE = "Give every image a class, or write multihot: for onehot: where it may be in none."
_NUMBERS = (
    "the labels are numbers, most of which come once: a number to be predicted is no class, so "
    "cut it into ranges"
)
_FRACTION = re.compile(r"\s*[+-]?\d*\.\d+(e[+-]?\d+)?\s*", re.IGNORECASE)
_YES = frozenset({"1", "true", "yes"})
_NO = frozenset({"", "0", "false", "no", "nan"})
_UNCERTAIN = "-1"


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
        parts = ([part for part in label.split(SEPARATOR) if part.strip()] for label in written)
        return Labelled([tuple(dict.fromkeys(own)) or (NO_LABEL,) for own in parts])
    if required:
        empty = [i for i, label in enumerate(written) if not label.strip()]
        table.refuse(empty, "has no label", _EMPTY)
    labels: Labels = [(label,) if label.strip() else () for label in written]
    return Labelled(labels, (_NUMBERS,) if _are_numbers(written) else ())


def _are_numbers(written: Sequence[str]) -> bool:
    """True if the labels are numbers with a fraction, most of which come once."""
    kinds = set(written)
    return 2 * len(kinds) > len(written) > 1 and all(map(_FRACTION.fullmatch, kinds))


def _one_hot(table: Table, chosen: Chosen, *, required: bool) -> Labelled:
    """Classes whose column says 1; -1 is uncertain and, like a blank, not the class."""
    rows: list[list[str]] = [[] for _ in range(len(table))]
    uncertain = 0
    for place in chosen.labels:
        name, column = table.header[place], table.columns[place]
        meanings = {cell: _meaning(cell) for cell in set(column)}
        odd = [i for i, cell in enumerate(column) if meanings[cell] is None]
        what = f"has {path_text(column[odd[0]][:30])!r} in the column {name!r}" if odd else ""
        table.refuse(odd, what, "A column of a class says 0 or 1, -1 for uncertain.")
        uncertain += sum(meanings[cell] == _UNCERTAIN for cell in column)
        for row, cell in zip(rows, column, strict=True):
            if meanings[cell] == "1":
                row.append(name)
    note = f"cells of -1 (uncertain) read as absent: {uncertain:,}" if uncertain else ""
    several = chosen.may_be_none or any(len(row) > 1 for row in rows)
    if required and not several:
        empty = [i for i, row in enumerate(rows) if not row]
        table.refuse(empty, "has no label", _NONE)
    none = (NO_LABEL,) if several else ()
    return Labelled([tuple(row) or none for row in rows], (note,) if note else ())


def _meaning(cell: str) -> str | None:
    """Say "1", "0" or "-1"; None for what is none of them."""
    plain = cell.strip().casefold()
    plain = plain.partition(".")[0] if plain.rstrip("0").endswith(".") else plain
    if plain in _YES:
        return "1"
    if plain in _NO:
        return "0"
    return _UNCERTAIN if plain == _UNCERTAIN else None
