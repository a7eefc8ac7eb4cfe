"""Columns of a Parquet file that hold images, their masks, and names of classes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyarrow import types

from deri_gate.data.readers.columns import Columns, spelled
from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.parquet import opened_parquet
from deri_gate.data.readers.tables import quoted
from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MASK = "mask"  # the column's name in any manifest
NOTHING_SAID = Columns()


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Columns and classes of a Parquet file with images.

    Attributes:
        image: Name of the column of images.
        stored: Name of the stored column that holds their bytes.
        mask: Name of the stored column that holds the bytes of masks; "" without masks.
        names: By column of class numbers, the names of the classes.
        rows: Number of rows.
    """

    image: str
    stored: str
    mask: str
    names: Mapping[str, tuple[str, ...]]
    rows: int

    @property
    def columns(self) -> tuple[str, str]:
        """Names of the columns of images and masks."""
        return self.image, self.mask.removesuffix(".bytes")


def cells_in(path: Path, said: Columns = NOTHING_SAID) -> Cells | None:
    """Columns of a Parquet file that hold images and masks; None without images.

    Args:
        path: The file.
        said: Names of the columns, where the user gave them.

    Raises:
        DatasetError: If it cannot be read, or holds two columns of images.
    """
    with opened_parquet(path) as file:
        schema = file.schema_arrow
        every = {field.name: stored for field in schema if (stored := _stored(field))}
        rows = file.metadata.num_rows
    mask = _column_of(every, said.mask or MASK)
    if every and said.mask and not mask:
        fix = f"Columns of images are {quoted([*every])}."
        raise DatasetError(f"has no column of masks {said.mask!r}", path, fix)
    columns = {name: stored for name, stored in every.items() if name != mask or len(every) == 1}
    if said.path:
        image = _column_of(columns, said.path)
        columns = {image: columns[image]} if image else {}
    if not columns:
        return None
    if len(columns) > 1:
        fix = "Name one, such as --columns path=image."
        raise DatasetError(f"has the columns of images {quoted([*columns])}", path, fix)
    [(image, stored)] = columns.items()
    masks = "" if mask in {"", image} else every[mask]
    names = _class_names(schema.metadata)
    return Cells(image=image, stored=stored, mask=masks, names=names, rows=rows)


def _column_of(columns: Mapping[str, str], name: str) -> str:
    """The column of a name, in whatever spelling; "" where none has it."""
    return next((column for column in columns if spelled(column) == spelled(name)), "")


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
    names_of = {}
    for column, feature in features.items():
        inner = feature
        while isinstance(inner, dict) and inner.get("_type") in {"Sequence", "List"}:
            inner = inner.get("feature")
        inner = inner[0] if isinstance(inner, list) and inner else inner
        names = inner.get("names") if isinstance(inner, dict) else None
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            names_of[column] = tuple(map(path_text, names))
    return names_of
