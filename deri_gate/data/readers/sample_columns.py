"""Columns of what is known of samples besides their labels: groups of them, and metadata."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from deri_gate.data.readers.assembly import Entry, dataset_of
from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.grouping import Grouping, grouping_of
from deri_gate.data.readers.header import Chosen
from deri_gate.data.readers.json_lines import cell_as_text
from deri_gate.data.readers.tables import Table, table_rows, told_apart, without_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from deri_gate.data.dataset import Dataset, Finding, Reading


def by_name(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Values of all rows by name, None where a row has none."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {str(name): [row.get(name) for row in rows] for name in names}


@dataclass(frozen=True, kw_only=True)
class SampleColumns:
    """Columns beside the labels of samples.

    Attributes:
        columns: Text of each sample, by name.
        unread: Names of columns that are no text, numbers or times.
    """

    columns: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    unread: Sequence[str] = ()

    @classmethod
    def of(cls, values: Mapping[str, Iterable[Any]]) -> SampleColumns:
        """Columns of any values, by name."""
        columns: dict[str, list[str]] = {}
        unread = []
        for name, column in values.items():
            cells = list(map(cell_or_none, column))
            texts = [cell for cell in cells if cell is not None]
            if len(texts) < len(cells):
                unread.append(name)
            else:
                columns[name] = texts
        return cls(columns=columns, unread=unread)


def cell_or_none(value: Any) -> str | None:
    """A cell of text; None for what is none, or too long to be one."""
    try:
        return cell_as_text(value)
    except ValueError:
        return None


def dataset_with_columns(
    entries: Sequence[Entry],
    known: SampleColumns,
    *,
    name: str,
    root: Path,
    reading: Reading,
    findings: Iterable[Finding] = (),
) -> Dataset:
    """The dataset with its columns, which group images or are metadata as those of a table.

    Args:
        entries: The samples; if one has a group, no column groups them.
        known: What is known of them, in the same order.
        name: What the dataset is called.
        root: The folder that its paths are relative to.
        reading: What the reader knows.
        findings: What the reader noticed.
    """
    count, cells = len(entries), tuple(known.columns.values())
    table = Table(
        path=root / name,
        header=tuple(known.columns),
        columns=cells,
        places=range(1, count + 1),
        unit="row",
        left_out=tuple(known.unread),
    )
    grouped = any(entry.group for entry in entries)
    grouping = Grouping() if grouped else grouping_of(table, Chosen(path=-1), ())
    rest = [i for i in range(len(cells)) if i not in grouping.taken]
    names = told_apart([*grouping.names, *(table.header[i] for i in rest)])
    rows = zip(
        entries,
        grouping.first(count),
        table_rows(grouping.values, count),
        table_rows([cells[i] for i in rest], count),
        strict=True,
    )
    source, notes = path_text(grouping.source), (*without_text(table), *grouping.notes)
    return dataset_of(
        [
            entry._replace(group=group or entry.group, groups=groups, metadata=metadata)
            for entry, group, groups, metadata in rows
        ],
        name=name,
        root=root,
        findings=findings,
        reading=replace(reading, group_column=source, notes=(*reading.notes, *notes)),
        group_names=names[: len(grouping.names)],
        metadata_names=names[len(grouping.names) :],
    )
