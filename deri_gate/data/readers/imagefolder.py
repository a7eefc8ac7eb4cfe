"""Hugging Face's imagefolder: images beside a `metadata.csv`, `.jsonl` or `.parquet`."""

from __future__ import annotations

import os
import posixpath
from collections import Counter
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.data.dataset import UNJUDGED, Finding
from deri_gate.data.readers.columns import spelled
from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.header import FILE_NAME, Header
from deri_gate.data.readers.manifest import dataset_from, read_table
from deri_gate.data.readers.mask_files import without_masks
from deri_gate.data.readers.rubbish import rubbish
from deri_gate.data.readers.splits import is_split
from deri_gate.data.readers.tables import Table
from deri_gate.data.signatures import claims_image, claims_many
from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from deri_gate.data.dataset import Dataset
    from deri_gate.data.readers.manifest import Frame

NAMES = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
LAYOUT = "imagefolder"
_UNNAMED = "a file that metadata does not name"
_UNNAMED_IMAGE = "an image that metadata does not name, so it has no label and is not judged"
_DEPTH = 2  # folders above a metadata file


@dataclass(frozen=True, kw_only=True)
class Described:
    """A table, and the folder whose images it describes."""

    folder: str  # below the root, "" for the root
    table: Table


def metadata_in(files: Iterable[str]) -> list[str]:
    """The metadata files among these paths below a folder, sorted.

    Raises:
        DatasetError: If a folder has two of them.
    """
    tables = sorted(
        file
        for file in files
        if posixpath.basename(file) in NAMES and file.count("/") <= _DEPTH and not is_noise(file)
    )
    folders = Counter(map(posixpath.dirname, tables))
    for folder, count in folders.items():
        if count > 1:
            what = f"has {count} metadata files in {path_text(folder) or 'it'}"
            raise DatasetError(what, folder, "Keep one of them.")
    return tables


def files_below(root: Path) -> list[str]:
    """All files below a folder; links to folders are not followed."""
    files: list[str] = []
    waiting = [""]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(root / here) as entries:
                for entry in entries:
                    path = f"{here}/{entry.name}" if here else entry.name
                    if is_noise(entry.name):
                        continue
                    (waiting if entry.is_dir(follow_symlinks=False) else files).append(path)
        except OSError:
            continue  # the reader of plain folders says so
    return sorted(files)


def described(root: Path, files: Sequence[str], frame: Frame) -> list[Described]:
    """The tables among metadata files: those that name files of images.

    Args:
        root: Where the metadata files lie.
        files: Their paths below it.
        frame: What is known from outside.

    Raises:
        DatasetError: If one is malformed.
    """
    name = frame.options.columns.path or FILE_NAME
    tables = [
        Described(
            folder=posixpath.dirname(path), table=read_table(root / path, frame.options).titled()
        )
        for path in files
    ]
    return [
        table
        for table in tables
        if Header(table.table.header, table.table.path).find(name) is not None
    ]


def read_imagefolder(tables: Sequence[Described], files: Sequence[str], frame: Frame) -> Dataset:
    """The dataset that metadata files describe; files that none names are findings.

    Args:
        tables: One at least.
        files: All files below the folder.
        frame: What is known from outside.

    Raises:
        DatasetError: As for a manifest.
    """
    files = [file for file in files if not is_noise(file)]
    table, path = _joined(tables, frame)
    columns = frame.options.columns.model_copy(update={"path": table.header[path]})
    notes = []
    if frame.labels_required and not columns.label and "label" not in map(spelled, table.header):
        table, named = _with_class_folders(table, path)
        notes = ["classes are the names of folders, for metadata has no label"] if named else []
    frame = replace(
        frame,
        options=frame.options.model_copy(update={"columns": columns}),
        listed=frozenset(files),
        layout=LAYOUT,
        whole=frozenset(files),
    )
    dataset = dataset_from(table, frame)
    return _with_others(dataset, tables, notes)


def _joined(tables: Sequence[Described], frame: Frame) -> tuple[Table, int]:
    """One table of all, with paths below the root; and the position of its paths."""
    said = frame.options.columns
    name = said.path or FILE_NAME
    every = chain.from_iterable(one.table.header for one in tables)
    header = tuple(dict.fromkeys(name for name in every if name))
    whole = Header(header, tables[0].table.path)
    path = whole.need(name, "path")
    prefixed = {path} | {whole.need(mask, "mask") for mask in said.of("mask")}
    columns = [
        [cell for one in tables for cell in _cells(one, name, is_path=i in prefixed)]
        for i, name in enumerate(header)
    ]
    single = tables[0].table
    table = Table(
        path=single.path if len(tables) == 1 else frame.home.parent,
        header=header,
        columns=tuple(columns),
        places=single.places if len(tables) == 1 else range(1, len(columns[0]) + 1),
        unit=single.unit if len(tables) == 1 else "row",
        left_out=tuple(dict.fromkeys(name for one in tables for name in one.table.left_out)),
    )
    return _with_splits(table, path), path


def _cells(described: Described, column: str, *, is_path: bool) -> Sequence[str]:
    """The cells of a column, empty where the table lacks it; paths from the root on."""
    table = described.table
    position = Header(table.header, table.path).find(column)
    if position is None:
        return [""] * len(table)
    cells = table.columns[position]
    return [_below(described.folder, cell) for cell in cells] if is_path else cells


def _below(folder: str, cell: str) -> str:
    return f"{folder}/{cell}" if folder and cell else cell


def _with_splits(table: Table, path: int) -> Table:
    """The table with a column of splits, where all images lie in folders of splits."""
    if "split" in map(spelled, table.header):
        return table
    first = [cell.removeprefix("./").partition("/") for cell in table.columns[path]]
    if not all(slash and is_split(folder) for folder, slash, _ in first):
        return table
    return table.with_column("split", [folder for folder, _, _ in first])


def _with_class_folders(table: Table, path: int) -> tuple[Table, bool]:
    """The table with a column of labels, where each image lies in one folder below its split."""
    parts = [posixpath.normpath(cell).split("/")[:-1] for cell in table.columns[path]]
    inner = [part[1:] if part and is_split(part[0]) else part for part in parts]
    if not all(len(own) == 1 for own in inner):
        return table, False
    return table.with_column("label", [own[0] for own in inner]), True


def _with_others(dataset: Dataset, tables: Sequence[Described], notes: list[str]) -> Dataset:
    """The dataset with a finding for each file that no metadata names.

    An image among them has no label: whoever reads the folders as classes would still learn of it.
    """
    described_by = {posixpath.join(table.folder, table.table.path.name) for table in tables}
    beside = dataset.other_files.paths if dataset.other_files else ()
    others = [file for file in beside if file not in described_by]
    images = _images_among(others, dataset)
    findings = [
        Finding(kind="missing_label", path=path_text(file), detail=_UNNAMED_IMAGE)
        if file in images
        else Finding(kind=_kind_of(file), path=path_text(file), detail=_UNNAMED)
        for file in others
    ]
    kinds = Counter(
        "without a label"
        if file in images
        else path_text(posixpath.splitext(file)[1].lower()) or "no ending"
        for file in others
    )
    reading = dataset.reading
    return replace(
        dataset,
        findings=(*dataset.findings, *findings),
        reading=replace(
            reading,
            left_out=tuple(sorted(kinds.items())),
            notes=(*reading.notes, *notes),
        ),
    )


def _kind_of(file: str) -> str:
    """Kind of the finding on a file that no metadata names."""
    return UNJUDGED if claims_image(file) or claims_many(file) else "ignored"


def _images_among(others: Sequence[str], dataset: Dataset) -> frozenset[str]:
    """Files that no metadata names and that claim to be images, but for masks of those named."""
    images = [file for file in others if claims_image(file)]
    return frozenset(without_masks(images, dataset.ids, Path(dataset.name)))


def is_noise(path: str) -> bool:
    """True for a path with a part that systems and tools leave behind, or that is hidden."""
    return any(rubbish(name, folder=False) for name in path.split("/"))
