"""Columns beside the images that a program holds: groups of them, and metadata."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from deri_gate.data.dataset import Reading
from deri_gate.data.readers.assembly import Entry, dataset_of
from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.grouping import Grouping, grouping_of
from deri_gate.data.readers.header import Chosen
from deri_gate.data.readers.json_lines import cell_as_text
from deri_gate.data.readers.tables import Table, table_rows, told_apart, without_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from deri_gate.data.dataset import Dataset
    from deri_gate.data.readers.memory_packages import Held


def by_name(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Values of all rows by name, None where a row has none."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {str(name): [row.get(name) for row in rows] for name in names}


def texts_of(columns: Mapping[str, Iterable[Any]]) -> tuple[dict[str, list[str]], list[str]]:
    """Columns of text, numbers and times as text, by name; and the names of all others."""
    read: dict[str, list[str]] = {}
    unread = []
    for name, values in columns.items():
        cells = list(map(cell_as_text, values))
        texts = [cell for cell in cells if cell is not None]
        if len(texts) < len(cells):
            unread.append(name)
        else:
            read[name] = texts
    return read, unread


def joined_columns(parts: Sequence[Held]) -> dict[str, list[str]]:
    """Columns of all parts, one below the other; empty cells where a part has no such column."""
    names = dict.fromkeys(name for part in parts for name in part.columns)
    return {
        name: [cell for part in parts for cell in part.columns.get(name, [""] * len(part.labels))]
        for name in names
    }


def with_columns(
    held: Held, paths: Sequence[str], splits: Sequence[str], groups: Sequence[str]
) -> Dataset:
    """The dataset with its columns, which group images or are metadata as those of a table.

    Args:
        held: Images and columns.
        paths: Name of each image.
        splits: Split of each image, "" without.
        groups: Group of each image, "" without.
    """
    table = _table_of(held)
    grouping = Grouping() if held.groups else grouping_of(table, Chosen(path=-1), paths)
    rest = [i for i in range(len(table.header)) if i not in grouping.taken]
    names = told_apart([*grouping.names, *(table.header[i] for i in rest)])
    entries = (
        Entry(path=path, labels=labels, split=split, group=group, groups=own, metadata=metadata)
        for path, labels, split, group, own, metadata in zip(
            paths,
            held.labels,
            splits,
            groups if held.groups else grouping.first(len(paths)),
            table_rows(grouping.values, len(paths)),
            table_rows([table.columns[i] for i in rest], len(paths)),
            strict=True,
        )
    )
    return dataset_of(
        entries,
        name=held.name,
        root=Path(),
        reading=Reading(
            layout=held.layout,
            group_column=path_text(grouping.source),
            notes=(*without_text(table), *grouping.notes),
        ),
        group_names=names[: len(grouping.names)],
        metadata_names=names[len(grouping.names) :],
    )


def _table_of(held: Held) -> Table:
    return Table(
        path=Path(held.name),
        header=tuple(held.columns),
        columns=tuple(held.columns.values()),
        places=range(1, len(held.labels) + 1),
        unit="row",
        left_out=tuple(held.unread),
    )
