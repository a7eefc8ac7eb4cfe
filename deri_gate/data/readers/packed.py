"""Images in archives by their names and sizes, in tar files that are compressed as well.

Nothing is laid out on the disk, and of what is compressed only so much is unpacked as takes a
second: the rest is told by what was found so far.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zlib
from contextlib import nullcontext
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple

from deri_gate.data.readers.zip_list import START, zip_list, zip_members
from deri_gate.data.signatures import claims_image, claims_many, ending_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

MOST_MEMBERS = 100_000  # of an archive that are looked at; of a zip the others count as images
MOST_BYTES = 2**27  # of a compressed tar that are unpacked, and of headers of a plain one
MOST_IN_VAIN = 2**23  # of a compressed one that may be read before the next comes out of it
_CALL = 16  # bytes that take the time of a call
_OPENERS: Mapping[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}
# A chain of long names in a tar is followed by calls within calls.
_CUT = (EOFError, OSError, ValueError, zlib.error, lzma.LZMAError, tarfile.TarError, RecursionError)
_ARRAYS = frozenset({".npy", ".pkl", ".pickle", ".pt", ".pth", ".bin", ".idx3-ubyte"})
_OF_TORCH = "data.pkl"  # beside which each array is a member without an ending
Member = tuple[str, int]  # folder and name, and bytes once it is unpacked


class Packed(NamedTuple):
    """Images in an archive."""

    members: tuple[Member, ...]
    more: int = 0  # beyond those, not looked at one by one
    inside: int = 0  # bytes of archives within it, and of files without an ending, as of DICOM
    arrays: tuple[int, ...] = ()  # bytes of each file of arrays within it


class _EnoughError(Exception):
    """So much was unpacked, or so much read in vain, that the rest is told by what was found."""


class _Source:
    """A compressed file, of which only little is read without anything coming out."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.in_vain = 0

    def read(self, size: int = -1) -> bytes:
        """Read some bytes.

        Raises:
            _EnoughError: Once nothing came out of `MOST_IN_VAIN`.
        """
        content = self._file.read(size)
        self.in_vain += len(content) + _CALL
        if self.in_vain > MOST_IN_VAIN:
            raise _EnoughError
        return content


class _Bounded:
    """First bytes of a tar file, or so many of its headers."""

    def __init__(self, stream: IO[bytes], source: _Source) -> None:
        self._stream = stream
        self._source = source
        self._left = MOST_BYTES
        self.tell, self.seek = stream.tell, stream.seek

    def read(self, size: int) -> bytes:
        """Read some bytes.

        Raises:
            _EnoughError: If there were more than `MOST_BYTES`, as a header may claim.
        """
        self._left -= size
        if self._left < 0:
            raise _EnoughError
        content = self._stream.read(size)
        self._source.in_vain = 0
        return content


def packed_images(path: Path, head: bytes) -> Packed | None:
    """List the images of an archive.

    Args:
        path: A file.
        head: Its first 512 bytes.

    Returns:
        None where it is no archive that can be listed.

    Raises:
        OSError, ValueError: If it is damaged.
    """
    if head.startswith(START) or path.suffix.lower() == ".zip":
        return _in_zip(path)
    if head[257:262] == b"ustar":
        return _in_tar(path, "r:", nullcontext)  # it stays open
    opener = next((o for start, o in _OPENERS.items() if head.startswith(start)), None)
    return _in_tar(path, "r|", opener) if opener else None


def _in_zip(path: Path) -> Packed:
    with path.open("rb") as file:
        place = zip_list(file)
        found = _images_of(islice(zip_members(file, place), MOST_MEMBERS))
    return found._replace(more=max(0, place.members - MOST_MEMBERS))


def _in_tar(path: Path, mode: Literal["r:", "r|"], opener: Callable[[Any], Any]) -> Packed | None:
    """Images of a tar, as far as it is whole and not too long; None for no tar."""
    found: list[Member] = []
    part = 1.0  # of the file that was looked at
    with path.open("rb") as file:
        try:
            for member in _members(file, mode, opener):
                found += [(member.name, member.size)] if member.isfile() else []
        except _EnoughError:
            part = max(1, file.tell()) / path.stat().st_size
        except _CUT:
            pass  # the rest cannot be read by anybody
    if not found:
        return None
    images = _images_of(found)
    count = len(images.members)
    return images._replace(more=round(count / part) - count, inside=round(images.inside / part))


def _members(
    file: IO[bytes], mode: Literal["r:", "r|"], opener: Callable[[Any], Any]
) -> Iterator[tarfile.TarInfo]:
    source = _Source(file)
    with opener(file if mode == "r:" else source) as plain:
        bounded: Any = _Bounded(plain, source)  # reading and seeking are all that it is asked for
        with tarfile.open(fileobj=bounded, mode=mode) as archive:
            yield from islice(archive, MOST_MEMBERS)  # folders as well: each takes its time


def _images_of(members: Iterable[Member]) -> Packed:
    """Members that are images, or may hold them; rubbish of a Mac is none."""
    listed = [m for m in members if not m[0].startswith("__MACOSX/")]
    images = tuple((_short(name), size) for name, size in listed if claims_image(name))
    unnamed = tuple(size for name, size in listed if not _has_ending(name))
    arrays = tuple(size for name, size in listed if ending_of(name) in _ARRAYS)
    inside = sum(size for name, size in listed if claims_many(name))
    if any(name.rpartition("/")[2] == _OF_TORCH for name, _ in listed):
        return Packed(images, inside=inside, arrays=arrays + unnamed)
    return Packed(images, inside=inside + sum(unnamed), arrays=arrays)


def _has_ending(name: str) -> bool:
    """True unless a name has none, or a number, as the parts of an UID in names of DICOM."""
    ending = ending_of(name)[1:]
    return bool(ending) and not ending.isdigit()


def _short(name: str) -> str:
    """Folder and name: what lies around may be another in a second archive of the same files."""
    return "/".join(name.split("/")[-2:])
