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
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from deri_gate.data.readers.zip_list import START, zip_list, zip_members
from deri_gate.data.signatures import claims_image, claims_many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

MOST_MEMBERS = 100_000  # of an archive that are looked at; of a zip the others count as images
MOST_BYTES = 2**27  # of a compressed tar that are unpacked
_OPENERS: Mapping[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}
# A chain of long names in a tar is followed by calls within calls.
_CUT = (EOFError, OSError, ValueError, zlib.error, lzma.LZMAError, tarfile.TarError, RecursionError)
Member = tuple[str, int]  # folder and name, and bytes once it is unpacked


class Packed(NamedTuple):
    """Images in an archive."""

    members: tuple[Member, ...]
    more: int = 0  # beyond those, not looked at one by one
    inside: int = 0  # bytes of archives within it


class _EnoughError(Exception):
    """So much was unpacked that the rest is told by it."""


class _Bounded:
    """The first bytes of a stream."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.left = MOST_BYTES

    def read(self, size: int) -> bytes:
        """Read some bytes.

        Raises:
            _EnoughError: Once there were `MOST_BYTES`.
        """
        if self.left <= 0:
            raise _EnoughError
        self.left -= size
        return self._stream.read(size)


def packed_images(path: Path, head: bytes) -> Packed | None:
    """List the images of an archive.

    Args:
        path: A file.
        head: Its first 512 bytes.

    Returns:
        None where it is no archive that can be listed.

    Raises:
        OSError, ValueError, tarfile.TarError: If it is damaged.
    """
    if head.startswith(START) or path.suffix.lower() == ".zip":
        return _in_zip(path)
    if head[257:262] == b"ustar":
        with tarfile.open(path, "r:") as archive:
            members = islice(archive, MOST_MEMBERS)  # folders as well: each takes its time
            return _images_of((m.name, m.size) for m in members if m.isfile())
    opener = next((o for start, o in _OPENERS.items() if head.startswith(start)), None)
    return _in_compressed(path, opener) if opener else None


def _in_zip(path: Path) -> Packed:
    with path.open("rb") as file:
        place = zip_list(file)
        found = _images_of(islice(zip_members(file, place), MOST_MEMBERS))
    return found._replace(more=max(0, place.members - MOST_MEMBERS))


def _in_compressed(path: Path, opener: Callable[[IO[bytes]], Any]) -> Packed | None:
    """Images of a compressed tar, as far as it is whole and not too long; None for no tar."""
    found: list[Member] = []
    with path.open("rb") as file, opener(file) as plain:
        whole = False
        try:
            source: Any = _Bounded(plain)  # reading is all that it is asked for
            with tarfile.open(fileobj=source, mode="r|") as archive:
                members = islice(archive, MOST_MEMBERS)
                found.extend((m.name, m.size) for m in members if m.isfile())  # up to the error
                whole = True
        except _EnoughError:
            read = file.tell() / max(1, path.stat().st_size)
        except _CUT:
            whole = True  # the rest cannot be read by anybody
    images = _images_of(found)
    if whole or not found:
        return images if found else None
    count = len(images.members)
    return images._replace(more=round(count / read) - count, inside=round(images.inside / read))


def _images_of(members: Iterable[Member]) -> Packed:
    """Members that are images; rubbish of a Mac is none."""
    listed = [m for m in members if not m[0].startswith("__MACOSX/")]
    inside = sum(size for name, size in listed if claims_many(name))
    images = ((_short(name), size) for name, size in listed if claims_image(name))
    return Packed(tuple(images), inside=inside)


def _short(name: str) -> str:
    """Folder and name: what lies around may be another in a second archive of the same files."""
    return "/".join(name.split("/")[-2:])
