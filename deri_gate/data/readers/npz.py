"""NumPy's .npz from strangers: nothing is unpickled, and nothing read before its size is known."""

from __future__ import annotations

import math
import struct
import tokenize
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np

from deri_gate.data.readers.files import path_text
from deri_gate.errors import DatasetError, words_of_error
from deri_gate.runtime.memory import budget
from deri_gate.runtime.system import physical_memory

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

_DAMAGE = (  # what zipfile and NumPy raise for a damaged or forged file
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    MemoryError,
    OverflowError,
    TypeError,
    SyntaxError,  # a header is parsed as Python's literals, and tokenized when that fails
    tokenize.TokenError,
)
ENDING = ".npy"  # of an array's name in the archive
_GIB = 2**30
_UNKNOWN_MEMORY = 8 * _GIB  # where the system does not tell


class ArrayHeader(NamedTuple):
    """Shape and type that an array claims, before any of it is read."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    stored: int  # bytes of values in the archive, once unpacked

    @property
    def nbytes(self) -> int:
        """Bytes the array will take in memory."""
        return math.prod(self.shape) * self.dtype.itemsize


def headers(path: Path) -> dict[str, ArrayHeader]:
    """Headers of the arrays in a file; no array is read.

    Raises:
        DatasetError: If it is no .npz file, a damaged one, or one of which NumPy may read another
            array than we do.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_two_readings(path, archive)
            members = [m for m in archive.infolist() if m.filename.endswith(ENDING)]
            return {m.filename.removesuffix(ENDING): _header(archive, m) for m in members}
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def _refuse_two_readings(path: Path, archive: zipfile.ZipFile) -> None:
    """Refuse members of one name: NumPy reads the last, and one without the ending before all."""
    counts = Counter(name.removesuffix(ENDING) for name in archive.namelist())
    bare = [m for m in archive.infolist() if not m.filename.endswith(ENDING)]
    twice = [name for name, count in counts.items() if count > 1]
    arrays = [m.filename for m in bare if _is_array(archive, m)]
    fix = "Write it again with numpy.savez."
    if twice:
        raise DatasetError(f"holds {path_text(twice[0])!r} twice", path, fix)
    if arrays:
        what = f"holds the array {path_text(arrays[0])!r} without the ending {ENDING}"
        raise DatasetError(what, path, fix)


def _is_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    with archive.open(member) as file:
        return file.read(len(np.lib.format.MAGIC_PREFIX)) == np.lib.format.MAGIC_PREFIX


def _header(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> ArrayHeader:
    with archive.open(member) as file:
        shape, dtype = _shape_and_type(file)
        return ArrayHeader(shape, dtype, member.file_size - file.tell())


def array_header(file: IO[bytes]) -> ArrayHeader:
    """Header of an array in a file of its own.

    Raises:
        DatasetError: If it is damaged.
    """
    try:
        shape, dtype = _shape_and_type(file)
    except _DAMAGE as error:
        raise _damaged(Path(file.name), error) from error
    return ArrayHeader(shape, dtype, 0)


def _shape_and_type(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    elif version == (2, 0):
        shape, _, dtype = np.lib.format.read_array_header_2_0(file)
    else:
        raise ValueError(f"an array in format {version}")
    return shape, dtype


def refuse_unsafe(path: Path, found: Mapping[str, ArrayHeader], names: Iterable[str]) -> None:
    """Refuse pickled objects, and sizes that are forged or too much for this machine.

    Raises:
        DatasetError: For the first of these arrays that must not be read.
    """
    wanted = [name for name in names if name in found]
    for name in wanted:
        header = found[name]
        if header.dtype.hasobject:
            text = f"{name} holds pickled objects, which could run any program and are never read"
            raise DatasetError(text, path, "Save it as an array of whole numbers.")
        if header.nbytes != header.stored:
            text = f"{name} claims {header.nbytes} bytes and has {header.stored}"
            raise DatasetError(text, path, "Fetch or write the file again.")
    size, limit = sum(found[name].nbytes for name in wanted), memory_limit()
    if size > limit:
        text = f"its arrays take {size / _GIB:.1f} GiB, half of the memory is {limit / _GIB:.1f}"
        raise DatasetError(text, path, "Use a machine with more memory, or a folder of images.")


def memory_limit() -> int:
    """Half of the physical memory, in bytes, or the budget of pictures where that is less."""
    return min((physical_memory() or _UNKNOWN_MEMORY) // 2, budget().most)


def read_array(path: Path, name: str) -> npt.NDArray[Any]:
    """Read one array, which `refuse_unsafe` has seen.

    Raises:
        DatasetError: If it is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{name}{ENDING}") as file:
            array: npt.NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
            return array
    except (*_DAMAGE, KeyError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> DatasetError:
    if isinstance(error, PermissionError):
        return DatasetError("no permission to read it", path, "Change its permissions.")
    what = f"cannot be read as .npz: {words_of_error(error)}"
    return DatasetError(what, path, "It may be cut off; fetch or write it again.")
