"""A dataset in one Parquet file with its images, which every command reads, and other programs.

Columns `path`, `label` (names of classes, joined by a vertical bar), `image`, and where there are
any `mask`, `split`, `group`, `time` and whatever else the dataset says of its images. A picture
that was not touched is stored as the bytes of its file, so that all that is cached of it is used
again. A new one is stored as PNG. One that cannot be read is null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from deri_gate.data.readers.columns import spelled
from deri_gate.data.readers.files import EncodedImage
from deri_gate.data.readers.tables import SEPARATOR
from deri_gate.errors import DatasetError, UnreadableImageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from deri_gate.data.dataset import Column, Dataset, Picture

GROUP_ROWS, GROUP_BYTES = 64, 32 * 2**20  # of a row group, all of which is in memory at once
COMPRESSION = 1  # of the PNG, 0 to 9: 3 is a tenth smaller and a third slower
IMAGE, MASK = "image", "mask"
CELL = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
RENAME = "Call it by another name."


class _Row(NamedTuple):
    """Pictures of one image; None for a mask that it lacks."""

    image: bytes | None
    mask: bytes | None

    @property
    def size(self) -> int:
        return len(self.image or b"") + len(self.mask or b"")


def write_shard(path: Path, dataset: Dataset) -> None:
    """Write a dataset into one file, a few images at a time.

    Raises:
        DatasetError: If a name is not Unicode, or that of a class holds a bar.
        OSError: If the file cannot be written.
    """
    columns = _columns(dataset)
    pictures = (IMAGE,) if dataset.masks is None else (IMAGE, MASK)
    schema = pa.schema(
        [*((name, pa.string()) for name in columns), *((name, CELL) for name in pictures)]
    )
    # No statistics: those of a picture would be two pictures.
    plain = {"compression": "none", "use_dictionary": False, "write_statistics": False}
    with pq.ParquetWriter(path, schema, **plain) as writer:
        start = 0
        for rows in _row_groups(dataset):
            end = start + len(rows)
            texts = [pa.array(column[start:end], pa.string()) for column in columns.values()]
            cells = [_cells([getattr(row, name) for row in rows]) for name in pictures]
            writer.write_table(pa.Table.from_arrays([*texts, *cells], schema=schema))
            start = end


def _columns(dataset: Dataset) -> dict[str, Sequence[str | None]]:
    """Texts of each column that is not of pictures, by its name.

    Raises:
        DatasetError: If a name is not Unicode, or that of a class holds a bar.
    """
    odd = next((name for name in dataset.classes if SEPARATOR in name), None)
    if odd is not None:
        what = f"has a class {odd!r}, and a bar joins the classes of one image"
        raise DatasetError(what, dataset.name, RENAME)
    some = {"split": dataset.splits, "group": dataset.groups, "time": dataset.times}
    columns: dict[str, Sequence[str | None]] = {
        "path": dataset.ids,
        "label": [SEPARATOR.join(dataset.classes[k] for k in label) for label in dataset.labels],
        **{name: column for name, column in some.items() if column is not None},
    }
    taken = {*columns, *some, IMAGE, MASK}
    for one in _others(dataset):
        if spelled(one.name) not in taken:
            taken.add(spelled(one.name))
            columns[one.name] = one.values
    _refuse_no_text(columns, dataset)
    return {name: [cell or None for cell in column] for name, column in columns.items()}


def _others(dataset: Dataset) -> tuple[Column, ...]:
    patients = (dataset.patients,) if dataset.patients else ()
    return (*dataset.group_columns, *patients, *dataset.metadata)


def _refuse_no_text(columns: dict[str, Sequence[str | None]], dataset: Dataset) -> None:
    try:
        for name, column in columns.items():
            "".join([name, *(cell or "" for cell in column)]).encode()
    except UnicodeEncodeError as error:
        raise DatasetError("has a name that is not Unicode", dataset.name, RENAME) from error


def _row_groups(dataset: Dataset) -> Iterator[list[_Row]]:
    rows: list[_Row] = []
    masks = [-1] * len(dataset) if dataset.masks is None else dataset.masks.tolist()
    for image, mask in zip(dataset.rows.tolist(), masks, strict=True):
        rows.append(_Row(_content(dataset, image), None if mask < 0 else _content(dataset, mask)))
        if len(rows) == GROUP_ROWS or sum(row.size for row in rows) > GROUP_BYTES:
            yield rows
            rows = []
    if rows:
        yield rows


def _cells(contents: Sequence[bytes | None]) -> pa.Array:
    """Cells of a column of pictures, in the form of other programs."""
    return pa.array([None if content is None else {"bytes": content} for content in contents], CELL)


def _content(dataset: Dataset, row: int) -> bytes | None:
    """Bytes of the file of a picture that lies in one, PNG of any other; None if unreadable."""
    try:
        loaded = dataset.source.load(row)
        if isinstance(loaded, EncodedImage):
            return loaded.content
        return _png(loaded.decode())
    except UnreadableImageError:
        return None


def _png(picture: Picture) -> bytes:
    in_order = picture[..., ::-1] if picture.ndim == 3 else picture  # noqa: PLR2004  # RGB to BGR
    settings = [cv2.IMWRITE_PNG_COMPRESSION, COMPRESSION]
    return bytes(cv2.imencode(".png", np.ascontiguousarray(in_order), settings)[1])
