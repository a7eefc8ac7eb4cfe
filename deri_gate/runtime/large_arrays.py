"""Arrays that may be larger than memory: in a file without a name, which ends with the array."""

from __future__ import annotations

import mmap
import os
import tempfile
from typing import TYPE_CHECKING, Any

import numpy as np

from deri_gate.errors import words_of_error
from deri_gate.runtime.store import default_folder, say_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray

LARGE = 2**28  # bytes from which on an array lies in a file
EVEN = 64  # rows that blocks are multiples of, as kernels take several at a time
ALIGNED = 64  # bytes at whose multiples columns begin
BLOCK = 2**24  # values of an array that are worked on at once


def large_array(
    shape: tuple[int, ...], kind: npt.DTypeLike, least: int | None = None
) -> npt.NDArray[Any]:
    """An array to be filled. A large one lies in a file: the system keeps in memory what fits.

    Its file takes its room at once, as a disk that fills later would end the process. Where there
    is no room, or the system cannot set it aside, the array lies in memory.

    Args:
        shape: Shape of the array.
        kind: Type of its values.
        least: Bytes from which on it is large; None for the usual number.
    """
    layout = np.dtype(kind)
    size = int(np.prod(shape, dtype=np.int64)) * layout.itemsize
    reserve = getattr(os, "posix_fallocate", None)
    if size < (LARGE if least is None else least) or reserve is None:
        return np.empty(shape, dtype=layout)
    try:
        folder = default_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            reserve(file.fileno(), 0, size)
            mapped = mmap.mmap(file.fileno(), size)
    except OSError as error:
        why = words_of_error(error)
        say_once(f"no room for large arrays in the cache ({why}): they lie in memory")
        return np.empty(shape, dtype=layout)
    return np.frombuffer(mapped, dtype=layout).reshape(shape)


def large_columns(count: int, kinds: Mapping[str, np.dtype[Any]]) -> dict[str, npt.NDArray[Any]]:
    """Arrays of one length, to be filled. If they are large together, they lie in one file.

    Args:
        count: Length of each.
        kinds: Type of the values of each, by name.
    """
    sizes = [-(-count * kind.itemsize // ALIGNED) * ALIGNED for kind in kinds.values()]
    whole = large_array((sum(sizes),), np.uint8)
    columns, start = {}, 0
    for (name, kind), size in zip(kinds.items(), sizes, strict=True):
        part = whole[start : start + count * kind.itemsize]
        columns[name] = part.view(kind.base).reshape(count, *kind.shape)
        start += size
    return columns


def blocks_of(array: npt.NDArray[Any], width: int = 0) -> Iterator[slice]:
    """Rows of an array, some at a time, one after the other.

    Args:
        array: The array.
        width: Values for each row that are worked on; 0 for as many as it has.
    """
    step = BLOCK // max(1, width or int(np.prod(array.shape[1:], dtype=np.int64)))
    step = max(1, step // EVEN * EVEN or step)
    for start in range(0, len(array), step):
        yield slice(start, start + step)


def chosen_rows(array: npt.NDArray[Any], chosen: BoolArray) -> npt.NDArray[Any]:
    """Copy of the rows that are chosen, shape (N,), in a file if it is large."""
    made = large_array((int(chosen.sum()), *array.shape[1:]), array.dtype)
    start = 0
    for rows in blocks_of(array):
        some = array[rows][chosen[rows]]
        made[start : start + len(some)] = some
        start += len(some)
    return made


def each_block(
    array: npt.NDArray[Any], change: Callable[[npt.NDArray[Any]], npt.NDArray[Any]], kind: str
) -> npt.NDArray[Any]:
    """Array of the same shape, with each row changed for itself, in a file if it is large."""
    made = large_array(array.shape, kind)
    for rows in blocks_of(array):
        made[rows] = change(array[rows])
    return made
