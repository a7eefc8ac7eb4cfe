"""A copy of a manifest after decisions: in its own form, with its own columns and their order."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.data.readers.assembly import file_source
from deri_gate.data.readers.columns import spelled
from deri_gate.data.readers.endings import LINES, MANIFESTS
from deri_gate.data.readers.header import FILE_NAME
from deri_gate.data.readers.imagefolder import LAYOUT, NAMES, files_below, metadata_in
from deri_gate.data.readers.manifest import (
    Frame,
    dataset_from,
    read_table,
    understood,
)
from deri_gate.data.readers.remote_tables import names_remote_files
from deri_gate.data.readers.side_tables import (
    beside_on_disk,
    may_hold_patients,
    with_side_tables,
)
from deri_gate.data.readers.table_copies import (
    KeptRow,
    csv_copy,
    delimited_copy,
    json_lines_copy,
    parquet_copy,
)
from deri_gate.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from deri_gate.data.dataset import Dataset
    from deri_gate.data.readers.options import ReadOptions
    from deri_gate.data.readers.tables import Table

ROW = "row "  # name of the column that numbers the rows; no column of a file ends in a blank
BY_HAND = "Change it in the manifest by hand."


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A manifest as it will be written.

    Attributes:
        content: Its bytes.
        count: Number of its rows.
    """

    content: bytes
    count: int


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A manifest on disk, whose rows are known by the images that they name.

    Attributes:
        table: Its rows as written.
        options: What the user says of its form.
        label_columns: Positions of the columns of labels.
        rows: Row of each image, by its id.
        labels: Classes of each row.
        paths: Path of the file that each row names, below the root.
    """

    table: Table
    options: ReadOptions
    label_columns: tuple[int, ...]
    rows: Mapping[str, int]
    labels: tuple[tuple[str, ...], ...]
    paths: tuple[str, ...]

    @classmethod
    def read(cls, path: Path, options: ReadOptions) -> Manifest:
        """Read a manifest, see `read_manifest`.

        Raises:
            DatasetError: If it is malformed.
        """
        written = read_table(path, options)
        table, _ = with_side_tables(written, options, beside_on_disk(path))
        frame = Frame(name=path.stem, home=path, options=options, labels_required=False)
        chosen, _ = understood(table, frame)
        numbered = table.with_column(ROW, [f"{ROW}{i}" for i in range(len(table))])
        dataset = dataset_from(numbered, frame)
        paths = file_source(dataset).paths
        order = [int(cell.removeprefix(ROW)) for cell in dataset.metadata[-1].values]
        by_row = sorted(range(len(order)), key=order.__getitem__)
        return cls(
            table=written,
            options=options,
            label_columns=chosen.labels,
            rows=dict(zip(dataset.ids, order, strict=True)),
            labels=tuple(tuple(dataset.classes[k] for k in dataset.labels[i]) for i in by_row),
            paths=tuple(paths[dataset.rows[i]] for i in by_row),
        )

    def copy(self, out: Path, *, drops: Collection[str], labels: Mapping[str, str]) -> Copy:
        """The manifest without some images, and with other labels of some.

        Args:
            out: File it is meant for; its ending says its form.
            drops: Ids of the images that go.
            labels: The new label of each other image that gets one, by its id.

        Raises:
            SettingError: If that cannot be written in this form.
        """
        gone = {self._row(image) for image in drops}
        moved = {self._row(image): self._row_with(label) for image, label in labels.items()}
        kept = [KeptRow(i, moved.get(i, i)) for i in range(len(self.table)) if i not in gone]
        content = self._written(out.suffix.lower(), kept)
        self._check(content, out, kept)
        return Copy(content=content, count=len(kept))

    def _row(self, image: str) -> int:
        """Row of an image."""
        if image not in self.rows:
            what = f"{image} has no row of its own"
            raise SettingError(what, self.table.path, BY_HAND)
        return self.rows[image]

    def _row_with(self, label: str) -> int:
        """First row with this label and no other."""
        if (label,) not in self.labels:
            what = f"no image has the label {label!r} alone"
            raise SettingError(what, self.table.path, BY_HAND)
        if max(self.label_columns, default=-1) >= len(self.table.header):
            raise SettingError("does not hold its labels itself", self.table.path, BY_HAND)
        return self.labels.index((label,))

    def _written(self, suffix: str, kept: Sequence[KeptRow]) -> bytes:
        """The copy in the form that an ending asks for."""
        own = self.table.path.suffix.lower()
        if suffix != own:
            return csv_copy(self.table, kept, self.label_columns)
        if own == ".parquet":
            return parquet_copy(self.table, kept, self.label_columns)
        if own in LINES:
            return json_lines_copy(self.table, kept, self.label_columns)
        encoding = self.options.encoding
        return delimited_copy(self.table, kept, self.label_columns, encoding=encoding)

    def _check(self, content: bytes, out: Path, kept: Sequence[KeptRow]) -> None:
        """Read the copy as the manifest was read: its images and labels are what was decided.

        Raises:
            SettingError: If they are not.
        """
        root = self.options.root or str(self.table.path.parent)
        options = self.options.model_copy(update={"root": root})
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"copy{out.suffix}"
            path.write_bytes(content)
            found = Manifest.read(path, options)
        images = [self.paths[one.row] for one in kept]
        labels = [self.labels[one.labelled_as] for one in kept]
        if [*found.paths] != images or [*found.labels] != labels:
            raise SettingError("cannot be copied in its own form", self.table.path, BY_HAND)


def metadata_of(given: Path) -> Path | None:
    """The one metadata file of an imagefolder, where it lies beside the images; None for none.

    Args:
        given: What a dataset is read from.
    """
    found = metadata_in(files_below(given)) if given.is_dir() else []
    return given / found[0] if len(found) == 1 and "/" not in found[0] else None


def is_read_beside(out: Path, given: Path) -> bool:
    """True for a table that a dataset is read by, or would be from then on: a metadata file.

    Those of an imagefolder lie beside its images or one or two folders down, and those of
    patients, for a preset, beside their table.

    Args:
        out: A table to write.
        given: What the dataset is read from.
    """
    home = given if given.is_dir() else given.parent
    named = out.name.lower() in NAMES or (not given.is_dir() and may_hold_patients(out.name))
    return named and out.resolve().is_relative_to(home.resolve())


def _described(folder: Path, options: ReadOptions) -> Manifest | None:
    """The metadata file of an imagefolder as a manifest; None where folders name the classes."""
    path = metadata_of(folder)
    if path is None:
        return None
    columns = options.columns.model_copy(update={"path": options.columns.path or FILE_NAME})
    header = read_table(path, options).header
    if not columns.label and "label" not in map(spelled, header):
        return None
    return Manifest.read(path, options.model_copy(update={"columns": columns}))


def manifest_of(dataset: Dataset, given: object, options: ReadOptions) -> Manifest | None:
    """The manifest on disk that a dataset was read from; None for any other form.

    Args:
        dataset: The dataset as it was read.
        given: What it was read from.
        options: What the user says of its form.

    Raises:
        DatasetError: If it is malformed.
    """
    if not isinstance(given, (str, os.PathLike)):
        return None
    if dataset.reading.layout == LAYOUT:
        return _described(Path(given), options)
    path = Path(given)
    if (
        dataset.reading.layout != "manifest"
        or path.suffix.lower() not in MANIFESTS
        or not path.is_file()
    ):
        return None
    return None if names_remote_files(path, options) else Manifest.read(path, options)
