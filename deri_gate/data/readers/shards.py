"""Hugging Face's Parquet: images as bytes in a column, classes by number, shards by split."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.readers.columns import spelled
from deri_gate.data.readers.files import FileSource, path_text
from deri_gate.data.readers.image_cells import CellSource, MaskedCells, filled_cells
from deri_gate.data.readers.image_columns import cells_in
from deri_gate.data.readers.manifest import dataset_from
from deri_gate.data.readers.parquet import read_parquet
from deri_gate.data.readers.splits import is_split
from deri_gate.data.readers.tables import SEPARATOR, Table
from deri_gate.data.readers.unlisted import named_elsewhere
from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deri_gate.data.dataset import Dataset, Source
    from deri_gate.data.readers.image_columns import Cells
from deri_gate.data.readers.manifest import Frame

LAYOUT = "Parquet with images"
PATH = "path"  # the column's name in any manifest
_SHARD = re.compile(r"(?P<split>.+?)-(?P<number>\d{4,6})-of-(?P<total>\d{4,6})(-[0-9a-f]+)?")
_DEPTH = 2
_DIGITS = 6  # of the number in an id, so that ids sort


def shards_in(files: Sequence[str]) -> list[str]:
    """Paths of the Parquet files of a folder that may be shards of a dataset."""
    return [
        file
        for file in sorted(files)
        if file.lower().endswith(".parquet")
        and file.count("/") <= _DEPTH
        and posixpath.basename(file) != "metadata.parquet"
        and not any(part.startswith(".") for part in file.split("/"))
    ]


def split_of(shard: str) -> str:
    """Split of a shard: by its name, or its folder's; "" where neither says one."""
    stem = posixpath.basename(shard)[: -len(".parquet")]
    match = _SHARD.fullmatch(stem)
    name = match["split"] if match else stem
    folder = posixpath.basename(posixpath.dirname(shard))
    for one in (name, folder):
        if is_split(one):
            return one
    return name if match else ""


def refuse_missing_shards(shards: Sequence[str], where: object) -> None:
    """Refuse a set of shards of which one is missing.

    Raises:
        DatasetError: For the first that is not there.
    """
    matches = [(posixpath.dirname(s), _SHARD.fullmatch(s.rpartition("/")[2][: -len(".parquet")]))
               for s in shards]  # fmt: skip
    numbers: dict[tuple[str, str, int], set[int]] = {}
    for folder, match in matches:
        if match:
            key = (folder, match["split"], int(match["total"]))
            numbers.setdefault(key, set()).add(int(match["number"]))
    for (_, split, total), there in numbers.items():
        missing = sorted(set(range(total)) - there) if total <= len(shards) * 1000 else [0]
        if missing:
            what = f"lacks shard {missing[0]} of {total} of {path_text(split)!r}"
            raise DatasetError(what, where, "Download all shards, or name one file.")


def read_shards(
    root: Path, shards: Sequence[str], frame: Frame, *, alone: bool = False
) -> Dataset | None:
    """The dataset in Parquet files with images; None where they hold none.

    Args:
        root: Where the files lie.
        shards: Their paths below it, sorted.
        frame: What is known from outside.
        alone: Whether the user named this one file, rather than a folder of all.

    Raises:
        DatasetError: If a shard is missing, or they do not fit together.
    """
    said = frame.options.columns
    cells_of = [cells_in(root / shard, said) for shard in shards]
    cells = [one for one in cells_of if one is not None]
    if not cells:
        return None
    if len(cells) < len(cells_of):
        odd = shards[cells_of.index(None)]
        fix = "Put it elsewhere, or name one of the files."
        raise DatasetError("holds no images, and other Parquet files do", root / odd, fix)
    if len({(cell.image, cell.stored, cell.mask, tuple(cell.names.items())) for cell in cells}) > 1:
        fix = "Name one of the files, or a folder with those that belong together."
        raise DatasetError("its Parquet files differ in columns or classes", root, fix)
    if not alone:
        refuse_missing_shards(shards, root)
    dataset, table = _dataset(root, shards, cells, frame)
    if not alone or said.path:  # beside all of a folder each file is told anyway
        return dataset
    told = named_elsewhere(table, range(len(table.header)), frame.place())
    return replace(dataset, findings=(*dataset.findings, *told))


def _dataset(
    root: Path, shards: Sequence[str], cells: Sequence[Cells], frame: Frame
) -> tuple[Dataset, Table]:
    """The dataset, and the rows of all shards."""
    files = tuple(root / shard for shard in shards)
    tables = [read_parquet(path) for path in files]
    if len({table.header for table in tables}) > 1:
        fix = "Name one of the files, or a folder with those that belong together."
        raise DatasetError("its Parquet files differ in columns", root, fix)
    splits = [split_of(shard) for shard in shards]
    numbers = _numbers(splits, [cell.rows for cell in cells])
    whole = _whole(tables, cells[0], numbers, splits)
    table, ids = _named_rows(whole, numbers)
    label = _label_column(table, cells[0], frame)
    if label in cells[0].names:
        table = _named(table, label, cells[0].names[label])
    said = {"path": cells[0].image, "label": label, "mask": ""}
    columns = frame.options.columns.model_copy(update=said)
    frame = replace(
        frame,
        options=frame.options.model_copy(update={"columns": columns}),
        listed=frozenset(numbers),
        layout=LAYOUT,
    )
    dataset = dataset_from(table, frame)
    assert isinstance(dataset.source, FileSource)
    place = {name: i for i, name in enumerate(numbers)}
    places = [place[path] for path in dataset.source.paths]
    dataset = replace(dataset, ids=tuple(ids[i] for i in places))
    return _with_cells(dataset, files, cells, places), whole


def _with_cells(
    dataset: Dataset, files: tuple[Path, ...], cells: Sequence[Cells], places: Sequence[int]
) -> Dataset:
    """The dataset with images, and masks if there are any, in the cells; sorted by its ids.

    Args:
        dataset: The rows, in some order.
        files: The Parquet files.
        cells: Their columns.
        places: Number of each row of the dataset among all rows of all files.
    """
    images = CellSource(
        files=files,
        counts=tuple(cell.rows for cell in cells),
        column=cells[0].stored,
        places=tuple(places),
        names=dataset.ids,
    )
    source: Source = images
    if cells[0].mask:
        source = MaskedCells(images=images, masks=replace(images, column=cells[0].mask))
        there = [*chain.from_iterable(filled_cells(path, cells[0].mask) for path in files)]
        has = np.array([there[place] for place in places], dtype=bool)
        dataset = replace(
            dataset,
            masks=np.where(has, len(places) + np.arange(len(places)), -1) if has.any() else None,
            reading=replace(dataset.reading, masks=int(has.sum())),
        )
    return replace(dataset, source=source).ordered()


def _named_rows(table: Table, numbers: list[str]) -> tuple[Table, list[str]]:
    """The table without a column `path` that names each image, and these names; or numbers."""
    named = [i for i, name in enumerate(table.header) if spelled(name) == PATH]
    if len(named) != 1:
        return table, numbers
    names = [path_text(cell) for cell in table.columns[named[0]]]
    if not all(map(str.strip, names)) or len(set(names)) < len(names):
        return table, numbers
    keep = [i for i in range(len(table.header)) if i != named[0]]
    return replace(
        table,
        header=tuple(table.header[i] for i in keep),
        columns=tuple(table.columns[i] for i in keep),
    ), names


def _numbers(splits: Sequence[str], counts: Sequence[int]) -> list[str]:
    """A name a row: its split, and its number there over all shards."""
    totals = dict.fromkeys(splits, 0)
    ids = []
    for split, count in zip(splits, counts, strict=True):
        start = totals[split]
        totals[split] += count
        prefix = f"{split}/" if split else ""
        ids += [f"{prefix}{i:0{_DIGITS}d}" for i in range(start, start + count)]
    return ids


def _whole(tables: Sequence[Table], cells: Cells, ids: list[str], splits: Sequence[str]) -> Table:
    """One table of all shards, with a column of ids in the images' place."""
    header = tables[0].header
    columns: list[Sequence[str]] = [
        [*chain.from_iterable(table.columns[i] for table in tables)] for i in range(len(header))
    ]
    header, columns = (*header, cells.image), [*columns, ids]
    if any(splits) and "split" not in map(spelled, header):
        names = [
            name for name, table in zip(splits, tables, strict=True) for _ in range(len(table))
        ]
        header, columns = (*header, "split"), [*columns, names]
    return Table(
        path=tables[0].path if len(tables) == 1 else tables[0].path.parent,
        header=header,
        columns=tuple(columns),
        places=range(1, len(ids) + 1),
        unit="row",
        left_out=tuple(name for name in tables[0].left_out if name not in cells.columns),
    )


def _label_column(table: Table, cells: Cells, frame: Frame) -> str:
    """Name of the column of labels: as said, the usual one, or the only one of classes."""
    said = frame.options.columns.label
    if said:
        return said
    usual = [name for name in table.header if spelled(name) in {"label", "labels"}]
    only = [name for name in cells.names if name in table.header]
    for names in (usual, only):
        if len(names) == 1:
            return names[0]
    return ""


def _named(table: Table, label: str, names: Sequence[str]) -> Table:
    """The table with names in place of class numbers; -1 stands for no label."""
    place = table.header.index(label)
    if any(SEPARATOR in name for name in names):
        fix = "Write the names without bars, which join the classes of one image."
        raise DatasetError("has a name of a class with a bar in it", table.path, fix)
    known = {str(number): name for number, name in enumerate(names)} | {"-1": "", "": ""}
    cells = []
    for row, cell in enumerate(table.columns[place]):
        parts = cell.split(SEPARATOR)
        odd = [part for part in parts if part not in known]
        if odd:
            what = f"has the class {path_text(odd[0][:20])!r}, and {len(names)} names of classes"
            table.refuse([row], what, "Write the file again with all names.")
        cells.append(SEPARATOR.join(filter(None, (known[part] for part in parts))))
    columns = (*table.columns[:place], cells, *table.columns[place + 1 :])
    return replace(table, columns=columns)
