"""Members of a plain tar archive, by their places in it: nothing is unpacked."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deri_gate.data.readers.files import MAX_BYTES, EncodedImage, bytes_at, path_text
from deri_gate.errors import DatasetError, UnreadableImageError, words_of_error
from deri_gate.runtime.memory import budget

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = 512
_END = 2 * _BLOCK  # zeros that end an archive
_PIECE = 2**20
_WHOLE = "Look whether it was written and copied to its end."


@dataclass(frozen=True, kw_only=True)
class ArchiveFile:
    """One file of an archive.

    Attributes:
        path: Its name there.
        start: Place of its first byte in the archive.
        size: Number of its bytes.
    """

    path: str
    start: int
    size: int


def members_of(archive: Path) -> tuple[list[ArchiveFile], list[str]]:
    """The files in an archive, and names of what is neither file nor folder.

    Args:
        archive: An uncompressed tar file.

    Raises:
        DatasetError: If it is none, or does not reach its end: what a cut one lacks, nobody knows.
    """
    files, others = list[ArchiveFile](), list[str]()
    try:
        with tarfile.open(archive, "r:") as tar:
            for entry in tar:
                if entry.isreg() and entry.sparse is None:
                    files.append(
                        ArchiveFile(path=entry.name, start=entry.offset_data, size=entry.size)
                    )
                elif not entry.isdir():
                    others.append(entry.name)
            end = tar.offset
    except (tarfile.TarError, OSError, ValueError, RecursionError) as error:
        what = "is no plain tar archive, or is damaged"
        raise DatasetError(what, archive, "Unpack it, or write it without compression.") from error
    if not _ends(archive, end) or any(file.start + file.size > end for file in files):
        raise DatasetError("is a tar archive that was cut or damaged", archive, _WHOLE)
    names = [file.path for file in files]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DatasetError(f"holds {path_text(twice)!r} twice", archive, "Write it again.")
    return files, others


def _ends(archive: Path, end: int) -> bool:
    """True if an archive has its end mark after the last member, and nothing after that."""
    with archive.open("rb") as file:
        file.seek(end)
        count = 0
        while piece := file.read(_PIECE):
            if piece.strip(b"\0"):
                return False
            count += len(piece)
    return count >= _END


@dataclass(frozen=True, kw_only=True)
class MemberSource:
    """Images in tar archives.

    Attributes:
        files: The archives.
        places: For each image, the number of its archive, its first byte there, and its size.
        names: Id of each image.
    """

    files: tuple[Path, ...]
    places: tuple[tuple[int, int, int], ...] = field(repr=False)
    names: tuple[str, ...] = field(repr=False)

    def load(self, row: int) -> EncodedImage:
        """Read one image.

        Raises:
            UnreadableImageError: If it has no bytes, more than an image has, or cannot be read.
        """
        if row < 0:
            raise IndexError(row)  # -1 stands for "no mask", never for the last image
        where, (file, start, size) = self.names[row], self.places[row]
        if not 0 < size <= MAX_BYTES:
            raise UnreadableImageError(f"holds {size} bytes", where)
        budget().claim(size, where)
        try:
            with self.files[file].open("rb") as opened:
                content = bytes_at(opened, start, size)
        except OSError as error:
            raise UnreadableImageError(f"cannot be read: {words_of_error(error)}", where) from error
        if len(content) < size:
            raise UnreadableImageError("its archive was cut", where)
        return EncodedImage(where=where, content=content)

    def part(self, row: int, start: int, size: int) -> bytes:
        """First bytes of an image; none when they cannot be read, `load` says why."""
        file, begin, whole = self.places[row]
        if not 0 <= start < whole:
            return b""
        try:
            with self.files[file].open("rb", buffering=0) as opened:
                return bytes_at(opened, begin + start, min(size, whole - start))
        except OSError:
            return b""
