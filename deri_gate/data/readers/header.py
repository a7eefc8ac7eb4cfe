"""Roles of a table's columns, by the user's options and by their names."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from deri_gate.data.readers.columns import ONE_HOT, Columns, spelled
from deri_gate.data.readers.tables import quoted
from deri_gate.errors import DatasetError
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deri_gate.data.readers.tables import Table

FILE_NAME = "file_name"  # what others call the path, and nothing else
FOLDER = re.compile(r"folder:([1-9]\d?)")  # as a group: the folder so many above the image
# what the columns of path and label are called elsewhere, as `spelled` has it
_PATHS = frozenset({
    *("filename", "file", "filepath", "image", "imagepath", "imageid", "imagename", "imageindex"),
    *("img", "imgpath", "id", "idcode", "isicid", "fname", "uri", "src", "sopinstanceuid"),
})  # fmt: skip
_LABELS = frozenset({
    *("labels", "class", "classname", "classlabel", "category", "target", "diagnosis", "dx", "y"),
    *("findinglabels", "species", "tag", "tags", "benignmalignant"),
})  # fmt: skip
_MOST = 24  # characters of a cell, longer than any 0 or 1


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Positions of columns in a table.

    Attributes:
        path: Column of the path.
        labels: Column of the label, or columns of all classes where each has its own.
        one_hot: Whether each class has a column.
        may_be_none: Whether an image may be in none of these classes.
        split: Column of the split, None without one.
        groups: Columns of the groups that were named; None where none were.
        folders: How many folders above the image its group is called by, for each named so.
        mask: Column of the mask.
        time: Column of the time.
    """

    path: int
    labels: tuple[int, ...] = ()
    one_hot: bool = False
    may_be_none: bool = False
    split: int | None = None
    groups: tuple[int, ...] = ()
    folders: tuple[int, ...] = ()
    mask: int | None = None
    time: int | None = None

    @property
    def taken(self) -> frozenset[int]:
        """All positions that hold something else than metadata."""
        single = (self.path, self.split, self.mask, self.time)
        return frozenset({*self.labels, *self.groups, *(i for i in single if i is not None)})


class Header:
    """The names of a table's columns, looked up as people spell them."""

    def __init__(self, names: Sequence[str], path: Path) -> None:
        self.names = tuple(names)
        self.path = path

    def find(self, name: str) -> int | None:
        """Position of a column: by its exact name, or else by another spelling of it.

        Raises:
            DatasetError: If two columns have the name.
        """
        exact = [i for i, one in enumerate(self.names) if one == name]
        positions = exact or [
            i for i, one in enumerate(self.names) if spelled(one) == spelled(name)
        ]
        if len(positions) > 1:
            raise DatasetError(f"has two columns {name!r}", self.path, "Rename one of them.")
        return positions[0] if positions else None

    def need(self, name: str, said: str) -> int:
        """Position of a column that the user has named.

        Raises:
            DatasetError: If there is none.
        """
        position = self.find(name)
        if position is None:
            fix = f"Its columns are {quoted(self.names)}; --columns {said}={name} asks for another."
            raise DatasetError(f"has no column {name!r}", self.path, fix)
        return position


class Needed(NamedTuple):
    """Columns that a table must have."""

    labels: bool
    offer: str  # a sentence on another way to read it, "" when none is known


def choose(table: Table, said: Columns, needed: Needed) -> Chosen:
    """The columns by what is said of them, and else by their usual names.

    Args:
        table: The table.
        said: What the user says.
        needed: Whether labels are, and what to offer when a column is missing.

    Raises:
        DatasetError: If one is missing, or there twice.
    """
    header = Header(table.header, table.path)
    path = _one(header, said, "path")
    path = header.find(FILE_NAME) if path is None else path
    if path is None:
        raise _missing("path", table, said, needed)
    folders = [FOLDER.fullmatch(name) for name in said.group]
    chosen = Chosen(
        path=path,
        split=_one(header, said, "split"),
        groups=tuple(
            header.need(name, "group")
            for name, folder in zip(said.group, folders, strict=True)
            if folder is None
        ),
        folders=tuple(int(folder[1]) for folder in folders if folder),
        mask=_one(header, said, "mask"),
        time=_one(header, said, "time"),
    )
    for key, position in (("split", chosen.split), ("mask", chosen.mask), ("time", chosen.time)):
        _refuse_other_spelling(table, key, position, said)
    return _with_labels(table, header, chosen, said, needed)


def _refuse_other_spelling(table: Table, key: str, position: int | None, said: Columns) -> None:
    """Refuse a column beside another spelling of its name with other cells, unless it was named.

    Raises:
        DatasetError: If there is one: either may be meant.
    """
    if position is None or said.of(key):
        return
    own = table.columns[position]
    for i, name in enumerate(table.header):
        if i == position or spelled(name) != spelled(table.header[position]):
            continue
        rows = sum(a.strip() != b.strip() for a, b in zip(own, table.columns[i], strict=True))
        if rows:
            raise _differ(table, key, position, i, rows)


def _refuse_other_classes(table: Table, position: int, said: Columns) -> None:
    """Refuse labels beside another column of them with other cells, unless one was named.

    One of the same classes that agrees in less than half of its cells is about something else.

    Raises:
        DatasetError: If there is one: either may be meant.
    """
    _refuse_other_spelling(table, "label", position, said)
    own = [cell.strip() for cell in table.columns[position]]
    classes = set(own)
    for i, name in enumerate(table.header):
        if said.label or i == position or spelled(name) not in _LABELS:
            continue
        other = [cell.strip() for cell in table.columns[i]]
        filled = [(a, b) for a, b in zip(own, other, strict=True) if b]
        rows = sum(a != b for a, b in filled)
        if 0 < 2 * rows <= len(filled) and {b for _, b in filled} <= classes:
            raise _differ(table, "label", position, i, rows)


def _differ(table: Table, key: str, first: int, second: int, rows: int) -> DatasetError:
    names = table.header[first], table.header[second]
    what = f"its columns {quoted(names)} do not agree in {counted(rows, 'row')} of {len(table):,}"
    fix = f"Name the one that counts, such as --columns {key}={names[0]}, or remove the other."
    return DatasetError(what, table.path, fix)


def _one(header: Header, said: Columns, key: str) -> int | None:
    named = said.of(key)
    return header.need(named[0], key) if named else header.find(key)


def _with_labels(
    table: Table, header: Header, chosen: Chosen, said: Columns, needed: Needed
) -> Chosen:
    if said.classes is not None:
        classes = _classes(table, header, said.classes, chosen.taken)
        return replace(chosen, labels=classes, one_hot=True, may_be_none=said.may_be_none)
    label = _one(header, said, "label")
    if label is None and needed.labels:
        raise _missing("label", table, said, needed)
    if label is None:
        return chosen
    _refuse_other_classes(table, label, said)
    return replace(chosen, labels=(label,))


def _classes(table: Table, header: Header, said: str, taken: frozenset[int]) -> tuple[int, ...]:
    """Columns of the classes: `A,B,C`, all from `A..C`, or `*` for all that hold 0 and 1."""
    if said.strip() == "*":
        columns = tuple(i for i in zero_one(table) if i not in taken)
        if len(columns) < 2:  # noqa: PLR2004
            fix = f"Its columns are {quoted(table.header)}; write label=onehot:A,B,C."
            raise DatasetError("has no two columns of 0 and 1", table.path, fix)
        return columns
    columns = ()
    for name in filter(None, map(str.strip, said.split(","))):
        first, dots, last = name.partition("..")
        start = header.need(first, "label=onehot:...")
        end = header.need(last, "label=onehot:...") if dots else start
        columns += tuple(range(start, end + 1))
    if len(set(columns)) < max(2, len(columns)):
        fix = "Name two columns or more, each once, such as label=onehot:MEL,NV."
        raise DatasetError("has too few columns of classes, or one twice", table.path, fix)
    return columns


def zero_one(table: Table) -> list[int]:
    """Positions of the columns that hold nothing but 0 and 1, -1 and blanks, and some of both."""
    return [
        i
        for i, column in enumerate(table.columns)
        if {value.strip()[:_MOST] for value in set(column)} <= _BITS and len(set(column)) > 1
    ]


_BITS = frozenset({"", "0", "1", "0.0", "1.0", "-1", "-1.0"})


def _missing(key: str, table: Table, said: Columns, needed: Needed) -> DatasetError:
    """Say which columns there are, and what may be meant."""
    both = "path and label" if needed.labels else "path"
    others = f" (those of other kinds than text and numbers: {quoted(table.left_out)})"
    names = f"{quoted(table.header)}{others if table.left_out else ''}"
    fix = f"Its columns are {names}; {both} must be among them"
    return DatasetError(
        f"has no column {key!r}",
        table.path,
        f"{fix}, or named by --columns. {_offer(table, said, needed)}".rstrip(),
    )


def _offer(table: Table, said: Columns, needed: Needed) -> str:
    if needed.offer:
        return needed.offer
    guess = {
        "path": said.path or _like(table, "path", _PATHS),
        "label": said.label or _like(table, "label", _LABELS) or _one_hot(table),
    }
    if (guess["path"], guess["label"]) == (said.path, said.label):
        return ""
    meant = ",".join(f"{key}={name}" for key, name in guess.items() if name and name != key)
    return f"Perhaps --columns '{meant}' is meant." if meant else ""


def usual_columns(table: Table) -> tuple[int, int] | None:
    """Positions of path and label, by what they are usually called; None where one is not there."""
    names = _like(table, "path", _PATHS), _like(table, "label", _LABELS)
    path, label = (table.header.index(name) if name else -1 for name in names)
    return (path, label) if min(path, label) >= 0 else None


def usual_path(table: Table) -> int | None:
    """Position of the column of paths, by what it is usually called; None where there is none."""
    name = _like(table, "path", _PATHS)
    return table.header.index(name) if name else None


def _like(table: Table, key: str, synonyms: frozenset[str]) -> str:
    names = [name for name in table.header if spelled(name) in {key, *synonyms}]
    plain = len(names) == 1 or (names and spelled(names[0]) == key)
    return names[0] if plain and names[0].isprintable() and "'" not in names[0] else ""


def _one_hot(table: Table) -> str:
    columns = zero_one(table)
    together = len(columns) > 1 and columns[-1] - columns[0] == len(columns) - 1
    return f"{ONE_HOT}{table.header[columns[0]]}..{table.header[columns[-1]]}" if together else ""
