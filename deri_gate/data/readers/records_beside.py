"""Images in files of arrays and records, by what these say of themselves; none is read."""

from __future__ import annotations

import json
import struct
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from deri_gate.data.readers.medmnist import pictures_beside
from deri_gate.data.readers.npz import ArrayHeader, array_header, headers
from deri_gate.data.readers.zip_list import START

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MOST_RECORDS = 100_000  # that are counted one by one; the rest by their bytes
_FRAME = 16  # bytes around each record of TensorFlow
_IDX = b"\0\0\x08\x03"  # an array of bytes with three axes, as of MNIST
_TABLE = b"ARROW1"  # a file of Arrow, also called Feather
MOST_PACKED = 2**40  # bytes of an array in pieces, of which each may be packed
_LEVELS = np.dtype(np.uint8)


class PicturesSaid(NamedTuple):
    """Images that a file holds by what it says of itself."""

    pictures: int
    form: str  # shapes and types; of records, which may be anything, their name


def declared_pictures(path: Path, head: bytes) -> PicturesSaid | None:
    """Images in a file of arrays or records.

    Args:
        path: A file.
        head: Its first 512 bytes.

    Returns:
        None where it is no such file, or says nothing of its number.

    Raises:
        DatasetError, OSError, ValueError: If it is damaged.
    """
    if head.startswith(START) and path.suffix.lower() == ".npz":
        return _in_arrays(headers(path))
    size = path.stat().st_size
    if head.startswith(b"\x93NUMPY"):
        with path.open("rb") as file:
            return _in_arrays({path.stem: array_header(file)}, size)
    if head.startswith(_IDX):
        shape = struct.unpack_from(">3I", head, 4)
        return _in_arrays({path.stem: ArrayHeader(shape, _LEVELS, 0)}, size)
    if is_record_file(head):
        with path.open("rb") as file:
            return PicturesSaid(_in_records(file, size), "records")
    return None


def is_record_file(head: bytes) -> bool:
    """True for the first bytes of records of TensorFlow: examples in messages of protobuf."""
    if len(head) <= _FRAME or head[12:13] != b"\x0a":
        return False
    (size,) = struct.unpack_from("<Q", head)
    return bool(0 < size < 2**31)


def in_zarr(description: bytes) -> PicturesSaid:
    """Images of a Zarr array, of which each file is a piece."""
    said = json.loads(description)
    dtype = np.dtype(said.get("dtype", said.get("data_type", "u1")))
    return _in_arrays({"": ArrayHeader(tuple(map(int, said["shape"])), dtype, 0)}, MOST_PACKED)


def _in_arrays(found: Mapping[str, ArrayHeader], size: int = 0) -> PicturesSaid:
    """Images of arrays; of one of so many bytes no more than these hold."""
    pictures = pictures_beside(found)
    claimed = sum(header.nbytes for header in found.values())
    if size and claimed > size:
        pictures = max(1, pictures * size // claimed)
    forms = sorted(f"{header.shape} {header.dtype}" for header in found.values())
    return PicturesSaid(pictures, "; ".join(forms))


def has_place_for_images(path: Path) -> bool:
    """True for a table of Arrow with a column of bytes or lists; its rows are not read.

    Raises:
        OSError, ValueError: If it is damaged.
    """
    try:
        with pa.memory_map(str(path)) as source:
            in_file = source.read(len(_TABLE)) == _TABLE
            source.seek(0)
            table = pa.ipc.open_file(source) if in_file else pa.ipc.open_stream(source)
            return any(_holds_bytes(field.type) for field in table.schema)
    except pa.ArrowException as error:  # some are no ValueError
        raise ValueError(str(error)) from error


def is_arrow_table(path: Path, head: bytes) -> bool:
    """True for a table of Arrow, by its name or its first bytes."""
    return path.suffix.lower() == ".arrow" or head.startswith(_TABLE)


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
