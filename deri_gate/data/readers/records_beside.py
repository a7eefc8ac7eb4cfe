"""Images in files of arrays and records, by what these say of themselves; none is read."""

from __future__ import annotations

import json
import math
import struct
from typing import IO, TYPE_CHECKING

import numpy as np
import pyarrow as pa

from deri_gate.data.readers.medmnist import pictures_beside
from deri_gate.data.readers.npz import ArrayHeader, array_header, headers
from deri_gate.data.readers.zip_list import START

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MOST_RECORDS = 100_000  # that are counted one by one; the rest by their bytes
_FRAME = 16  # bytes around each record of TensorFlow
_IDX = b"\0\0\x08\x03"  # an array of bytes with three axes, as of MNIST
_LEVELS = np.dtype(np.uint8)


def declared_pictures(path: Path, head: bytes) -> int | None:
    """Number of images in a file of arrays or records.

    Args:
        path: A file.
        head: Its first 512 bytes.

    Returns:
        None where it is no such file, or says nothing of its number.

    Raises:
        DatasetError, OSError, ValueError: If it is damaged.
    """
    if head.startswith(START) and path.suffix.lower() == ".npz":
        return pictures_beside(headers(path))
    if head.startswith(b"\x93NUMPY"):
        with path.open("rb") as file:
            return pictures_beside({"": array_header(file)})
    if head.startswith(_IDX):
        return _of_shape(struct.unpack_from(">3I", head, 4), _LEVELS)
    if is_record_file(head):
        with path.open("rb") as file:
            return _in_records(file, path.stat().st_size)
    return None


def is_record_file(head: bytes) -> bool:
    """True for the first bytes of records of TensorFlow: examples in messages of protobuf."""
    if len(head) <= _FRAME or head[12:13] != b"\x0a":
        return False
    (size,) = struct.unpack_from("<Q", head)
    return bool(0 < size < 2**31)


def in_zarr(description: bytes) -> int:
    """Number of images of a Zarr array, of which each file is a piece."""
    said = json.loads(description)
    return _of_shape(said["shape"], np.dtype(said.get("dtype", said.get("data_type", "u1"))))


def _of_shape(shape: Sequence[int], dtype: np.dtype) -> int:
    sides = tuple(int(side) for side in shape)
    size = math.prod(sides) * dtype.itemsize
    return pictures_beside({"": ArrayHeader(sides, dtype, size)})


def has_place_for_images(path: Path) -> bool:
    """True for a table of Arrow with a column of bytes or lists; its rows are not read."""
    with pa.memory_map(str(path)) as source:
        in_file = source.read(6) == b"ARROW1"
        source.seek(0)
        table = pa.ipc.open_file(source) if in_file else pa.ipc.open_stream(source)
        return any(_holds_bytes(field.type) for field in table.schema)


def _holds_bytes(kind: object) -> bool:
    """True for a type of values in which an image may be."""
    said = str(kind)
    return "binary" in said or "list<" in said


def _in_records(file: IO[bytes], size: int) -> int:
    """Number of records; each says how long it is."""
    at = count = 0
    while at + _FRAME <= size and count < MOST_RECORDS:
        file.seek(at)
        at += _FRAME + struct.unpack("<Q", file.read(8))[0]
        count += 1
    return round(count * size / at) if at < size else count
