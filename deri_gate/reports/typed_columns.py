"""Columns of the table of images, so that pandas reads them back as they were meant.

They are made without pandas, which takes .5 s to load. Arrow's own conversion loads it, too, to ask
whether it was given something of it; so the buffers are laid out here.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.arrays import BoolArray, FloatArray, IntArray

# Kind of a column, and its names for pandas: a text or a whole number may be missing there.
NAMES = {
    pa.large_string(): {"pandas_type": "object", "numpy_type": "string"},
    pa.int64(): {"pandas_type": "int64", "numpy_type": "Int64"},
    pa.float64(): {"pandas_type": "float64", "numpy_type": "float64"},
}


def text_column(values: Sequence[str | None]) -> pa.Array:
    """Texts, None for a missing one."""
    texts = [(text or "").encode() for text in values]
    ends = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    there = np.array([text is not None for text in values], dtype=bool)
    return _column(pa.large_string(), there, pa.py_buffer(ends), pa.py_buffer(b"".join(texts)))


def number_column(values: FloatArray) -> pa.Array:
    """Numbers, NaN for a missing one."""
    numbers = np.ascontiguousarray(values, np.float64)
    return _column(pa.float64(), ~np.isnan(numbers), pa.py_buffer(numbers))


def group_column(groups: IntArray) -> pa.Array:
    """Numbers of groups, -1 for none."""
    numbers = np.ascontiguousarray(groups, np.int64)
    return _column(pa.int64(), numbers >= 0, pa.py_buffer(numbers))


def _column(kind: pa.DataType, there: BoolArray, *buffers: pa.Buffer) -> pa.Array:
    missing = pa.py_buffer(np.packbits(there, bitorder="little"))
    return pa.Array.from_buffers(kind, len(there), [missing, *buffers])


def typed_table(columns: Mapping[str, pa.Array]) -> pa.Table:
    """Table of these columns, which says what pandas is to make of each."""
    return with_types(pa.Table.from_arrays([*columns.values()], [*columns]))


def with_types(table: pa.Table) -> pa.Table:
    """Replace what a table, which may be anybody's, says for pandas by what its columns are."""
    if not {*table.schema.types} <= {*NAMES}:
        return table.replace_schema_metadata(None)
    return table.replace_schema_metadata({"pandas": json.dumps(_notes(table.schema))})


def _notes(schema: pa.Schema) -> dict[str, object]:
    """Notes on a table as pandas itself writes them, in its order."""
    columns = [
        {"name": field.name, "field_name": field.name, **NAMES[field.type], "metadata": None}
        for field in schema
    ]
    return {
        "index_columns": [],
        "column_indexes": [],
        "columns": columns,
        "attributes": {},
        "creator": {"library": "pyarrow", "version": pa.__version__},
        "pandas_version": version("pandas"),
    }
