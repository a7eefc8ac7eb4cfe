"""Files beside the table of a public dataset: lists of splits, and tables of patients."""

from __future__ import annotations

import posixpath
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.data.readers.columns import spelled
from deri_gate.data.readers.delimited import read_delimited
from deri_gate.data.readers.files import is_inside, path_text, readable
from deri_gate.data.readers.patients import unit_of
from deri_gate.data.readers.presets import preset_for
from deri_gate.data.readers.tables import MAX_TEXT
from deri_gate.data.signatures import stem_of
from deri_gate.errors import DatasetError
from deri_gate.runtime.files import read_regular_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from deri_gate.data.readers.options import ReadOptions
    from deri_gate.data.readers.presets import Preset
    from deri_gate.data.readers.tables import Table

LISTS = (".csv", ".tsv", ".tab", ".json", ".jsonl", ".ndjson", ".lst", ".txt", ".parquet")
_TABLES = ("metadata", "lesiongroupings")  # in the names of tables of patients and lesions
_KEYS = frozenset({"image", "imageid", "imagename", "isicid", "imageindex"})


@dataclass(frozen=True, kw_only=True)
class Beside:
    """The files in a table's folder.

    Attributes:
        names: Gives their names.
        read: Gives the content of one.
    """

    names: Callable[[], Sequence[str]]
    read: Callable[[str], bytes]


def beside_on_disk(table: Path) -> Beside:
    """The files in a table's folder; links that lead out of it are left alone."""
    home = table.parent

    def names() -> list[str]:
        texts = [path for path in home.iterdir() if path.suffix.lower() in LISTS]
        return [text.name for text in texts if text.is_file() and is_inside(text, home)]

    def read(name: str) -> bytes:
        with readable(home / name):
            return read_regular_file(home / name, MAX_TEXT)

    return Beside(names=names, read=read)


def with_side_tables(
    table: Table, options: ReadOptions, beside: Beside
) -> tuple[Table, tuple[str, ...]]:
    """The table of a preset with what lies beside it, and sentences that say so.

    Args:
        table: The table.
        options: What the user says; without a preset nothing is looked for.
        beside: The files in its folder.

    Raises:
        DatasetError: If an image is in none of the lists of splits, or in two.
        SettingError: If the preset does not fit.
    """
    if not options.preset:
        return table, ()
    preset = preset_for(options.preset, table.header)
    names = beside.names()
    lists = [(name, split) for name, split in preset.lists if name in names]
    table, splits = _with_lists(table, preset, options, lists, beside)
    others = [name for name in sorted(names) if name != table.path.name]
    table, patients = _with_patients(table, preset, options, others, beside)
    return table, (*splits, *patients)


def _with_lists(
    table: Table,
    preset: Preset,
    options: ReadOptions,
    there: Sequence[tuple[str, str]],
    beside: Beside,
) -> tuple[Table, tuple[str, ...]]:
    """The table with a column of splits from lists of file names."""
    taken = options.columns.split or any(spelled(name) == "split" for name in table.header)
    if not there or taken:
        return table, ()
    named = {name: _lines(beside.read(name)) for name, _ in there}
    keys = _keys(table, preset)
    inside = [[split for name, split in there if key in named[name]] for key in keys]
    lists = " and ".join(name for name, _ in there)
    fix = "Put all lists beside it, or say --columns split=NAME for a column of splits."
    none = [i for i, lists_of_row in enumerate(inside) if not lists_of_row]
    table.refuse(none, f"names an image that is in none of {lists}", fix)
    both = [i for i, lists_of_row in enumerate(inside) if len(lists_of_row) > 1]
    table.refuse(both, f"names an image that is in several of {lists}", fix)
    return table.with_column("split", [lists_of_row[0] for lists_of_row in inside]), (
        f"splits from {lists}",
    )


def _lines(content: bytes) -> frozenset[str]:
    text = content.decode("utf-8-sig", "replace")
    return frozenset(filter(None, (name_key(line) for line in text.splitlines())))


def _with_patients(
    table: Table, preset: Preset, options: ReadOptions, others: Sequence[str], beside: Beside
) -> tuple[Table, tuple[str, ...]]:
    """The table with the column that numbers patients or lesions in a table beside it."""
    known = any(unit_of(name) is not None for name in table.header)
    if known or options.columns.group or preset.columns.group:
        return table, ()
    keys = _keys(table, preset)
    for name in filter(may_hold_patients, others):
        column, of = _patients_in(name, beside)
        cells = [of.get(key, "") for key in keys]
        count = sum(map(bool, cells))
        if count:
            told = f"{path_text(column)} of {count:,} of {len(cells):,} images"
            return table.with_column(column, cells), (f"{told} from {path_text(name)}",)
    return table, ()


def may_hold_patients(name: str) -> bool:
    """True for the name of a file that is looked at for the patients of a preset's table."""
    plain = spelled(name)
    return name.lower().endswith(".csv") and any(word in plain for word in _TABLES)


def _patients_in(name: str, beside: Beside) -> tuple[str, Mapping[str, str]]:
    """The column that numbers patients, and its cells by image; nothing where there is none."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "beside.csv"
        file.write_bytes(beside.read(name))
        try:
            other = read_delimited(file)
        except DatasetError as error:
            raise DatasetError(error.what, name, error.fix) from error
    images = [i for i, title in enumerate(other.header) if spelled(title) in _KEYS]
    units = {
        i: unit for i, title in enumerate(other.header) if (unit := unit_of(title)) is not None
    }
    if not images or not units:
        return "", {}
    best = min(units, key=lambda i: (units[i], i))
    rows = zip(other.columns[images[0]], other.columns[best], strict=True)
    return other.header[best], {name_key(image): value for image, value in rows}


def _keys(table: Table, preset: Preset) -> list[str]:
    """By which each image is known in the files beside its table."""
    wanted = spelled(preset.columns.path)
    place = next(i for i, name in enumerate(table.header) if spelled(name) == wanted)
    return [name_key(cell) for cell in table.columns[place]]


def name_key(written: str) -> str:
    """Name of a file without folder and ending, in lower case."""
    return stem_of(posixpath.basename(written.strip().replace("\\", "/"))).casefold()
