"""Data frames -> Dataset: the columns of a manifest, with any library that speaks Arrow."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import parquet

from deri_gate.data.readers.manifest import KEYS, Frame, dataset_from
from deri_gate.data.readers.parquet import table_of
from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from deri_gate.data.dataset import Dataset
    from deri_gate.data.readers.options import ReadOptions

NAME = "data frame"


def read_frame(frame: Any, *, labels_required: bool, options: ReadOptions) -> Dataset:
    """Read a data frame as the manifest of the same columns; paths start at the working folder.

    Args:
        frame: A frame of pandas, Polars or the like.
        labels_required: Whether a missing label is an error.
        options: Its columns, and where its paths start from.

    Raises:
        DatasetError: If it is no manifest, see `read_manifest`.
    """
    said = options.columns
    wanted = [*(name for key in KEYS for name in said.of(key)), *KEYS]
    written = io.BytesIO()
    try:
        parquet.write_table(_as_arrow(frame), written)
        with parquet.ParquetFile(pa.BufferReader(written.getvalue())) as file:
            table = table_of(file, Path(NAME), wanted)
    except (pa.ArrowException, TypeError, ValueError) as error:
        fix = "Keep one kind of value in each column."
        raise DatasetError(f"cannot be read as a table: {error}", NAME, fix) from error
    home = Path.cwd() / NAME
    return dataset_from(
        table,
        Frame(name=NAME, home=home, labels_required=labels_required, options=options),
    )


def _as_arrow(frame: Any) -> Any:
    """The frame as a table of Arrow, with paths as text and without an index."""
    if not hasattr(frame, "iloc"):
        return pa.table(frame)
    if len(set(map(str, frame.columns))) != len(frame.columns):
        raise DatasetError("has two columns of one name", NAME, "Rename one of them.")
    return pa.table({str(name): _texts(frame[name]) for name in frame.columns})


def _texts(column: Any) -> Any:
    """A column of pandas; paths become text."""
    if column.dtype == object:
        cells = [os.fspath(c) if isinstance(c, os.PathLike) else c for c in column]
        return pa.array(cells, from_pandas=True)
    return pa.array(column, from_pandas=True)
