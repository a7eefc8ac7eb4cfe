"""Hugging Face's Parquet: images as bytes in a column, classes by number, shards by split."""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from pyarrow import types

from deri_gate.data.readers.columns import spelled
from deri_gate.data.readers.files import FileSource, path_text
from deri_gate.data.readers.image_cells import CellSource
from deri_gate.data.readers.manifest import dataset_from
from deri_gate.data.readers.parquet import opened_parquet, read_parquet
from deri_gate.data.readers.splits import is_split
from deri_gate.data.readers.tables import SEPARATOR, Table, quoted
from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from deri_gate.data.dataset import Dataset
    from deri_gate.data.readers.manifest import Frame

LAYOUT = "Parquet with images"
_SHARD = re.compile(r"(?P<split>.+?)-(?P<number>\d{4,6})-of-(?P<total>\d{4,6})(-[0-9a-f]+)?")
_DEPTH = 2
_DIGITS = 6  # of the number in an id, so that ids sort


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Columns and classes of a Parquet file with images.

    Attributes:
        image: Name of the column of images.
        stored: Name of the stored column that holds their bytes.
        names: By column of class numbers, the names of the classes.
        rows: Number of rows.
    """

    image: str
    stored: str
    names: Mapping[str, tuple[str, ...]]
    rows: int


def cells_in(path: Path, said: str = "") -> Cells | None:
    """Columns of a Parquet file that hold images; None without any.

    Args:
        path: The file.
        said: Name of the column, where the user gave one.

    Raises:
        DatasetError: If it cannot be read, or holds two columns of images.
    """
    with opened_parquet(path) as file:
        schema = file.schema_arrow
        found = {field.name: stored for field in schema if (stored := _stored(field))}
        rows = file.metadata.num_rows
    if said:
        found = {name: stored for name, stored in found.items() if spelled(name) == spelled(said)}
    if not found:
        return None
    if len(found) > 1:
        fix = "Name one, such as --columns path=image."
        raise DatasetError(f"has the columns of images {quoted([*found])}", path, fix)
    [(image, stored)] = found.items()
    return Cells(image=image, stored=stored, names=_class_names(schema.metadata), rows=rows)


def _stored(field: Any) -> str:
    """Name of the stored column of bytes; "" where the field holds no images."""

    def binary(kind: Any) -> bool:
        kind = kind.value_type if types.is_dictionary(kind) else kind
        return bool(types.is_binary(kind) or types.is_large_binary(kind))

    if binary(field.type):
        return str(field.name)
    if not types.is_struct(field.type):
        return ""
    inner = {field.type.field(i).name: field.type.field(i).type
             for i in range(field.type.num_fields)}  # fmt: skip
    return f"{field.name}.bytes" if "bytes" in inner and binary(inner["bytes"]) else ""


def _class_names(metadata: Mapping[bytes, bytes] | None) -> dict[str, tuple[str, ...]]:
    """Names of classes, as the library `datasets` writes them into the schema."""
    try:
        features = json.loads((metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, TypeError, RecursionError):
        return {}
    if not isinstance(features, dict):
        return {}
    found = {}
    for column, feature in features.items():
        inner = feature
        while isinstance(inner, dict) and inner.get("_type") in {"Sequence", "List"}:
            inner = inner.get("feature")
        inner = inner[0] if isinstance(inner, list) and inner else inner
        names = inner.get("names") if isinstance(inner, dict) else None
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            found[column] = tuple(map(path_text, names))
    return found


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
    found = _SHARD.fullmatch(stem)
    name = found["split"] if found else stem
    folder = posixpath.basename(posixpath.dirname(shard))
    for one in (name, folder):
        if is_split(one):
            return one
    return name if found else ""


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
    said = frame.options.columns.path
    found = [cells_in(root / shard, said) for shard in shards]
    cells = [one for one in found if one is not None]
    if not cells:
        return None
    if len(cells) < len(found):
        odd = shards[found.index(None)]
        fix = "Put it elsewhere, or name one of the files."
        raise DatasetError("holds no images, and other Parquet files do", root / odd, fix)
    if len({(one.image, one.stored, tuple(one.names.items())) for one in cells}) > 1:
        fix = "Name one of the files, or a folder with those that belong together."
        raise DatasetError("its Parquet files differ in columns or classes", root, fix)
    if not alone:
        refuse_missing_shards(shards, root)
    return _dataset(root, shards, cells, frame)


def _dataset(root: Path, shards: Sequence[str], cells: Sequence[Cells], frame: Frame) -> Dataset:
    tables = [read_parquet(root / shard) for shard in shards]
    if len({table.header for table in tables}) > 1:
        fix = "Name one of the files, or a folder with those that belong together."
        raise DatasetError("its Parquet files differ in columns", root, fix)
    splits = [split_of(shard) for shard in shards]
    ids = _ids(splits, [one.rows for one in cells])
    table = _whole(tables, cells[0], ids, splits)
    label = _label_column(table, cells[0], frame)
    if label in cells[0].names:
        table = _named(table, label, cells[0].names[label])
    columns = frame.options.columns.model_copy(update={"path": cells[0].image, "label": label})
    frame = replace(
        frame,
        options=frame.options.model_copy(update={"columns": columns}),
        listed=frozenset(ids),
        layout=LAYOUT,
    )
    dataset = dataset_from(table, frame)
    assert isinstance(dataset.source, FileSource)
    place = {name: i for i, name in enumerate(ids)}
    source = CellSource(
        files=tuple(root / shard for shard in shards),
        counts=tuple(one.rows for one in cells),
        column=cells[0].stored,
        places=tuple(place[path] for path in dataset.source.paths),
        names=dataset.source.names,
    )
    return replace(dataset, source=source)


def _ids(splits: Sequence[str], counts: Sequence[int]) -> list[str]:
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
