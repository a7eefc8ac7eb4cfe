"""Columns that say which images belong together, where none is called `group`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.patients import UNITS, unit_of, why_no_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.data.readers.header import Chosen
    from deri_gate.data.readers.tables import Table


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """Groups of the images.

    Attributes:
        names: Names of the columns, the one that leakage is about first.
        values: Group of each image, by column.
        source: Where the first comes from, for people; "" without groups.
        notes: What else a person should know of the choice.
        taken: Positions of these columns in the table.
    """

    names: tuple[str, ...] = ()
    values: tuple[Sequence[str], ...] = ()
    source: str = ""
    notes: tuple[str, ...] = ()
    taken: tuple[int, ...] = ()

    def first(self, count: int) -> Sequence[str]:
        """The groups that leakage is about, of so many images; empty without groups."""
        return self.values[0] if self.values else [""] * count


def grouping_of(table: Table, chosen: Chosen, paths: Sequence[str]) -> Grouping:
    """Groups by what the user says, by the column `group`, or by a column that numbers patients.

    Of several such columns the first of patient, subject, case, study, slide and lesion is
    taken. A column with one value, or with another for each image, groups nothing.

    Args:
        table: The table.
        chosen: What the user says.
        paths: Paths of the images, whose folders may be groups.
    """
    if chosen.groups or chosen.folders:
        return _as_said(table, chosen, paths)
    usual = [i for i, name in enumerate(table.header) if name.casefold() == "group"]
    if usual and any(table.columns[usual[0]]):
        return _of(table, usual[0])
    return _recognised(table, chosen)


def _as_said(table: Table, chosen: Chosen, paths: Sequence[str]) -> Grouping:
    """Groups by the columns and folders that the user names."""
    names = tuple(table.header[i] for i in chosen.groups)
    names += tuple(f"folder {level} above the image" for level in chosen.folders)
    values = [table.columns[i] for i in chosen.groups]
    values += [[_folder(path, level) for path in paths] for level in chosen.folders]
    if not any(values[0]):
        return Grouping(notes=(f"{path_text(names[0])} is empty: there are no groups",))
    source = f"column {names[0]}" if chosen.groups else f"the {names[0]}"
    return Grouping(names=names, values=tuple(values), source=source, taken=chosen.groups)


def _of(table: Table, place: int, notes: Sequence[str] = ()) -> Grouping:
    """Groups by one column."""
    name = table.header[place]
    return Grouping(
        names=(name,),
        values=(table.columns[place],),
        source=f"column {name}",
        notes=tuple(notes),
        taken=(place,),
    )


def _recognised(table: Table, chosen: Chosen) -> Grouping:
    """The first column that is called as patients, lesions or slides are, and groups images."""
    passed: list[str] = []
    units = {i: unit_of(name) for i, name in enumerate(table.header) if i not in chosen.taken}
    for unit in range(len(UNITS)):
        for i in (i for i, own in units.items() if own == unit):
            why = why_no_groups(table.columns[i])
            if not why:
                return _of(table, i, passed)
            told = path_text(table.header[i])
            passed.append(f"the column {told} {why} and is not used for groups")
    return Grouping(notes=tuple(passed))


def _folder(path: str, level: int) -> str:
    """Path of the folder so many above an image; "" where there is none.

    The path and not the name, for two patients may both have a folder `1`.
    """
    parents = PurePosixPath(path).parents
    folder = str(parents[level - 1]) if level <= len(parents) else "."
    return "" if folder == "." else folder
