"""Manifests: a .csv or .parquet file with a row an image."""

from __future__ import annotations

import csv
import functools
import os
import posixpath
import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deri_gate.dataset import NO_LABEL, Dataset, Finding, Reading
from deri_gate.errors import DatasetError
from deri_gate.readers.files import Entry, dataset_of, is_inside, printable
from deri_gate.readers.options import PLAIN
from deri_gate.readers.splits import canonical_split

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deri_gate.readers.columns import Columns
    from deri_gate.readers.options import ReadOptions

COLUMNS = ("path", "label", "split", "group", "mask", "time")
MANIFESTS = (".csv", ".parquet")
SEPARATOR = "|"  # between the labels of one image
_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:[/\\]")
_UPWARD = re.compile(r"(^|[/\\])\.\.([/\\]|$)")
_NULL = re.compile("\0")
_INSIDE = "Name files below the manifest's own folder, relative to it."


@dataclass(frozen=True, kw_only=True)
class _Table:
    """The columns that we know of, as text; the others are somebody else's."""

    path: Path
    columns: dict[str, list[str]]
    places: Sequence[int]  # of each row, as an editor or a data frame counts
    unit: str  # "line" or "row"

    def column(self, name: str) -> list[str]:
        """A column, empty where the manifest has none."""
        return self.columns.get(name) or [""] * len(self.places)

    def refuse(self, rows: Sequence[int], what: str, fix: str) -> None:
        """Raise an error that names the first of these rows, if there are any."""
        if rows:
            more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
            raise DatasetError(f"{what} ({self.unit} {self.places[rows[0]]}{more})", self.path, fix)


def read_manifest(
    path: Path, *, labels_required: bool = True, options: ReadOptions = PLAIN
) -> Dataset:
    """Read a manifest; the images it names are not opened.

    Args:
        path: The manifest; the paths in it are relative to its folder.
        labels_required: Whether a missing label is an error.
        options: Its columns, and where its paths start from.

    Returns:
        All splits, labels exactly as written.

    Raises:
        DatasetError: If it is malformed, or names a file outside its folder.
    """
    needed = ("path", "label") if labels_required else ("path",)
    read = _read_parquet if path.suffix.lower() == ".parquet" else _read_csv
    table = _suffixed(read(path, needed, options.columns), options.suffix)
    if not table.places:
        raise DatasetError("names no images", path, "Write a row for each image.")
    root = (Path(options.root) if options.root else path.parent).absolute()
    table.refuse([i for i, p in enumerate(table.column("path")) if not p], "has no path", _INSIDE)
    for column in ("path", "mask"):
        _refuse_escapes(table, column, root)
    entries = map(
        Entry,
        map(posixpath.normpath, table.column("path")),
        _labels(table, labels_required=labels_required),
        _splits(table),
        table.column("group"),
        [mask and posixpath.normpath(mask) for mask in table.column("mask")],
        map(_iso, table.column("time")),
    )
    name = printable(path.stem)
    grouped = "column group" if any(table.column("group")) else ""
    return dataset_of(
        entries,
        name=name,
        root=root,
        findings=_unknown_times(table),
        reading=Reading(layout="manifest", group_column=grouped),
    )


def _read_csv(path: Path, needed: Sequence[str], columns_said: Columns) -> _Table:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip() for name in next(reader, [])]
            wanted = _known_columns(header, path, needed, columns_said)
            rows = [(reader.line_num, row) for row in reader if row]
    except UnicodeDecodeError as error:
        raise DatasetError("is not UTF-8", path, "Save it as CSV in UTF-8.") from error
    except csv.Error as error:
        text = f"is not valid CSV in line {reader.line_num}: {error}"
        raise DatasetError(text, path, "Look for a quote that is not closed.") from error
    except OSError as error:
        raise DatasetError(f"cannot be read: {error.strerror}", path) from error
    for line, row in rows:
        if len(row) != len(header):
            text = f"has {len(row)} values in line {line}, and {len(header)} columns"
            raise DatasetError(text, path, "Quote a value that contains a comma.")
    columns = {name: [row[i] for _, row in rows] for name, i in wanted.items()}
    return _Table(path=path, columns=columns, places=[line for line, _ in rows], unit="line")


def _read_parquet(path: Path, needed: Sequence[str], columns_said: Columns) -> _Table:
    import pyarrow as pa  # noqa: PLC0415  # loads when first needed
    from pyarrow import parquet  # noqa: PLC0415

    try:
        file = parquet.ParquetFile(path)
        header = file.schema_arrow.names
        wanted = _known_columns(header, path, needed, columns_said)
        table = file.read(columns=sorted({header[i] for i in wanted.values()}))
    except (pa.ArrowException, OSError) as error:
        text = f"cannot be read as Parquet: {error}"
        raise DatasetError(text, path, "Write the file again.") from error
    columns = {n: _as_text(table.column(header[i]), n, path) for n, i in wanted.items()}
    return _Table(path=path, columns=columns, places=range(1, table.num_rows + 1), unit="row")


def _as_text(column: Any, name: str, path: Path) -> list[str]:
    """Text, whole numbers and times: how 1.0 should be written is not ours to say."""
    import pyarrow as pa  # noqa: PLC0415  # loads when first needed

    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind == pa.string_view()
    if name == "time" and pa.types.is_temporal(kind):
        return ["" if value is None else value.isoformat() for value in column.to_pylist()]
    plain = text or pa.types.is_integer(kind) or pa.types.is_null(kind)
    if not plain and name != "time":  # what is no time is a finding about its image
        what = f"the column {name!r} holds values of type {kind}"
        raise DatasetError(what, path, "Write text or whole numbers.")
    return ["" if value is None else str(value) for value in column.to_pylist()]


def _known_columns(
    header: Sequence[str], path: Path, needed: Sequence[str], said: Columns
) -> dict[str, int]:
    """Where the columns that we know of stand."""
    there = ", ".join(map(repr, header)) or "none"
    names = {key: (*said.of(key), key)[0] for key in COLUMNS}
    for name in [*map(names.__getitem__, needed), *(n for k in COLUMNS for n in said.of(k))]:
        if name not in header:
            fix = f"Its columns are {there}; {' and '.join(needed)} must be among them."
            raise DatasetError(f"has no column {name!r}", path, fix)
    for name in COLUMNS:
        if header.count(name) > 1:
            raise DatasetError(f"has two columns {name!r}", path, "Rename one of them.")
    return {key: header.index(name) for key, name in names.items() if name in header}


def _suffixed(table: _Table, suffixes: Sequence[str]) -> _Table:
    if not suffixes:
        return table
    paths = [p if p.endswith(suffixes[0]) else p + suffixes[0] for p in table.column("path")]
    return replace(table, columns=table.columns | {"path": paths})


def _labels(table: _Table, *, labels_required: bool) -> list[tuple[str, ...]]:
    written = table.column("label")
    if any(SEPARATOR in label for label in written):
        parts = ((part for part in label.split(SEPARATOR) if part) for label in written)
        return [tuple(dict.fromkeys(labels)) or (NO_LABEL,) for labels in parts]
    if labels_required:
        empty = [i for i, label in enumerate(written) if not label]
        fix = "Give every image a label; only where some have several may others have none."
        table.refuse(empty, "has no label", fix)
    return [(label,) if label else () for label in written]


def _splits(table: _Table) -> list[str]:
    written = table.column("split")
    if any(written):
        empty = [i for i, split in enumerate(written) if not split]
        table.refuse(empty, "has no split", "Give every image a split, or none of them.")
    return [canonical_split(split) for split in written]


def _iso(written: str) -> str:
    """A time as ISO 8601; empty when it is no such time, which is a finding and no error."""
    try:
        return datetime.fromisoformat(written.strip()).isoformat()
    except ValueError:
        return ""


def _unknown_times(table: _Table) -> list[Finding]:
    return [
        Finding(
            kind="time",
            path=printable(posixpath.normpath(path)),
            detail=f"{written!r} is not a time in ISO 8601, such as 2026-11-30 or 2026-11-30T08:15",
        )
        for path, written in zip(table.column("path"), table.column("time"), strict=True)
        if written.strip() and not _iso(written)
    ]


def _refuse_escapes(table: _Table, column: str, root: Path) -> None:
    """Refuse paths that leave the folder: first by their spelling, then by symbolic links."""
    paths = table.column(column)
    for test, what in (
        (_ABSOLUTE.match, "an absolute path"),
        (_UPWARD.search, "a path with '..'"),
        (_NULL.search, "a path with a null character"),
        (_leads_out(root), "a path that leaves the folder by a symbolic link"),
    ):
        rows = [i for i, path in enumerate(paths) if path and test(path)]
        table.refuse(rows, f"has {what} in the column {column!r}", _INSIDE)


def _leads_out(root: Path) -> Callable[[str], bool]:
    """A test of paths; each folder is followed once, and a file only if it is a link."""
    base = os.fspath(root)

    @functools.cache
    def stays(folder: str) -> bool:
        return is_inside(root / folder, root)

    def leads_out(path: str) -> bool:
        file = os.path.join(base, path)  # noqa: PTH118  # a Path would cost as much as the rest
        link_out = os.path.islink(file) and not is_inside(file, root)  # noqa: PTH114  # same
        return link_out or not stays(posixpath.dirname(path))

    return leads_out
