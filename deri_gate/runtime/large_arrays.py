"""Arrays that may be larger than memory: in a file without a name, which ends with the array."""

from __future__ import annotations

import mmap
import os
import tempfile
from typing import TYPE_CHECKING, Any

import numpy as np

from deri_gate.runtime.store import default_folder, say_once

if TYPE_CHECKING:
    import numpy.typing as npt

LARGE = 2**28  # bytes from which on an array lies in a file
BLOCK = 2**24  # values of an array that are worked on at once


def large_array(shape: tuple[int, ...], kind: npt.DTypeLike) -> npt.NDArray[Any]:
    """An array to be filled. A large one lies in a file: the system keeps in memory what fits.

    Its file takes its room at once, as a disk that fills later would end the process. Where there
    is no room, or the system cannot set it aside, the array lies in memory.

    Args:
        shape: Shape of the array.
        kind: Type of its values.
    """
    layout = np.dtype(kind)
    size = int(np.prod(shape, dtype=np.int64)) * layout.itemsize
    reserve = getattr(os, "posix_fallocate", None)
    if size < LARGE or reserve is None:
        return np.empty(shape, dtype=layout)
    try:
        with tempfile.TemporaryFile(dir=default_folder()) as file:
            reserve(file.fileno(), 0, size)
            mapped = mmap.mmap(file.fileno(), size)
    except OSError as error:
        say_once(f"no room for large arrays in the cache ({error}): they lie in memory")
        return np.empty(shape, dtype=layout)
    return np.frombuffer(mapped, dtype=layout).reshape(shape)


def rows_at_once(array: npt.NDArray[Any]) -> int:
    """Rows of an array that are worked on at once, at least one."""
    return max(1, BLOCK // max(1, int(np.prod(array.shape[1:], dtype=np.int64))))
