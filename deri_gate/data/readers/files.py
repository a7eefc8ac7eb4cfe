"""Images that lie in files: their ids, their bytes, and a Dataset of them."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.data import decoding
from deri_gate.errors import DatasetError, UnreadableImageError, words_of_error
from deri_gate.runtime.hashing import content_hash, file_hash
from deri_gate.runtime.memory import budget
from deri_gate.runtime.remote.stand_ins import is_stand_in, why_not_fetched
from deri_gate.runtime.run_cache import once_a_run
from deri_gate.runtime.tracking import annex
from deri_gate.runtime.tracking.lfs import PULL, is_pointer
from deri_gate.runtime.tracking.links import LEADS_OUT, bounds_of
from deri_gate.runtime.tracking.missing import pull_command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO
    from typing import BinaryIO

    from deri_gate.data.dataset import Picture

MAX_BYTES = 512 * 2**20  # no picture under the pixel limit needs more; a larger file is no picture
_DIGITS = re.compile(r"\d+")
MOST_BESIDE = 1_000  # names beside a missing path among which the one that is meant is looked for


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Say of a file without which there is no dataset that it cannot be read, and why.

    Raises:
        DatasetError: For an OSError of the block.
    """
    try:
        yield
    except OSError as error:
        what = f"cannot be read: {words_of_error(error)}"
        fix = "Look whether it is there, whole, and yours to read."
        raise DatasetError(what, path, fix) from error


@dataclass(frozen=True, kw_only=True)
class EncodedImage:
    """The bytes of one image file."""

    where: str
    content: bytes = field(repr=False)

    @property
    def key(self) -> str:
        """Hash of the bytes, by which the image is known again."""
        return content_hash(self.content)

    def decode(self) -> Picture:
        """The image as a person sees it.

        Raises:
            UnreadableImageError: When there is no picture in the content.
        """
        return decoding.decode(self.content, self.where)


@dataclass(frozen=True, kw_only=True)
class FileSource:
    """Image files below one folder.

    Attributes:
        root: The folder.
        paths: Each file's path below it, with forward slashes, as the file system spells it.
        names: Names for people, made by `printable`.
    """

    root: Path
    paths: tuple[str, ...] = field(repr=False)
    names: tuple[str, ...] = field(repr=False)

    def load(self, row: int) -> EncodedImage:
        """Read one file, once.

        Raises:
            UnreadableImageError: With the reason, when its bytes cannot be had.
        """
        if row < 0:
            raise IndexError(row)  # -1 stands for "no mask", never for the last file
        where = self.names[row]
        try:
            content = self._read(self._place(row), where)
        except FileNotFoundError as error:
            raise UnreadableImageError(self._why_absent(row), where) from error
        except PermissionError as error:
            raise UnreadableImageError("no permission to read the file", where) from error
        except OSError as error:
            reason = words_of_error(error)
            raise UnreadableImageError(f"cannot be read: {reason}", where) from error
        if why := _why_none(content):
            raise UnreadableImageError(why, where)
        return EncodedImage(where=where, content=content)

    def digest(self, row: int) -> str:
        """Hash of a file's bytes, whatever its size; a word where they cannot be had."""
        path = self._place(row)
        try:
            self._refuse(path, self.names[row], any_size=True)
            with open(path, "rb") as file:  # noqa: PTH123
                return file_hash(file)
        except UnreadableImageError as error:
            return f"unreadable: {error.what}"
        except OSError as error:
            return f"unreadable: {words_of_error(error)}"

    def part(self, row: int, start: int, size: int) -> bytes:
        """First bytes of a file; none when they cannot be read, `load` says why."""
        path = self._place(row)
        try:
            self._refuse(path, self.names[row])
            with _opened(path) as file:
                return bytes_at(file, start, size)
        except (UnreadableImageError, OSError):
            return b""

    def _why_absent(self, row: int) -> str:
        if annex.links_into_annex(self._place(row)):
            return annex.GET
        pull = pull_command(self.root / self.paths[row])
        return f"it was not pulled: run `{pull}`" if pull else "there is no such file"

    def _place(self, row: int) -> str:
        return os.path.join(self.root, self.paths[row])  # noqa: PTH118  # a Path is slow

    def _read(self, path: str, where: str) -> bytes:
        budget().claim(self._refuse(path, where).st_size, where)
        with _opened(path) as file:
            return file.readall()

    def _refuse(self, path: str, where: str, *, any_size: bool = False) -> os.stat_result:
        """Refuse what may not be read, or is no file; give the status of any other."""
        folder = os.path.dirname(path) or os.curdir  # noqa: PTH120
        inside = _folder_inside(folder, os.fspath(self.root))
        status = os.lstat(path) if inside else None
        if status is not None and stat.S_ISLNK(status.st_mode):
            status = os.stat(path) if is_inside(path, self.root) else None  # noqa: PTH116
        if status is None:
            if annex.links_into_annex(path):
                raise UnreadableImageError(annex.UNLOCK, where)
            raise UnreadableImageError(LEADS_OUT, where, "Put the file itself there.")
        if not stat.S_ISREG(status.st_mode):  # reading a pipe would wait for ever
            raise UnreadableImageError("not a file", where)
        if not any_size and status.st_size > MAX_BYTES:
            size = f"{status.st_size / 2**20:.0f} MiB"
            limit = f"the {MAX_BYTES // 2**20} MiB an image file may have"
            raise UnreadableImageError(f"{size} is more than {limit}", where)
        return status


def _opened(path: str) -> FileIO:
    """Open a file to be read at once: a buffer costs as much as the read."""
    return open(path, "rb", buffering=0)  # noqa: PTH123


def _why_none(content: bytes) -> str:
    """Reason that a content is no image, as nothing is there but a word; "" if it may be one."""
    if not content:
        return "the file is empty"
    if annex.points_into_annex(content):
        return annex.GET
    if is_pointer(content):
        return PULL
    return path_text(why_not_fetched(content)) if is_stand_in(content) else ""


def bytes_at(file: BinaryIO | FileIO, start: int, size: int) -> bytes:
    """Bytes of an open file, whatever places and sizes its own tables claim."""
    end = file.seek(0, os.SEEK_END)
    if not 0 <= start < end:
        return b""
    file.seek(start)
    return file.read(min(size, end - start))


def is_inside(path: str | Path, root: Path) -> bool:
    """True if a path may be read once all symbolic links are followed.

    It may below the dataset's folder, in the repository around it, and in that one's DVC cache.
    """
    return bounds_of(root).allow(path)


@once_a_run(4096)
def _folder_inside(folder: str, root: str) -> bool:
    """Check a folder, followed once: many files lie in each."""
    return is_inside(folder, Path(root))


def path_text(path: str) -> str:
    r"""A path that can be printed on one line and written as UTF-8.

    What cannot, a line break or a byte that is no UTF-8, shows as an escape: ``\n``, ``\xff``.
    """
    if path.isascii() and path.isprintable():
        return path
    return "".join(map(_printable_character, path))


def _printable_character(character: str) -> str:
    byte = ord(character) - 0xDC00  # so Python keeps a byte of a name that is no UTF-8
    if 0x80 <= byte <= 0xFF:  # noqa: PLR2004  # the range of such a byte
        return f"\\x{byte:02x}"
    hidden = unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
    return character.encode("unicode_escape").decode() if hidden else character


def closest_path(path: Path) -> str:
    """The question whether the path beside a missing one is meant; empty where none is alike.

    A name of another number or day is another batch, such as the last where the next is not there.
    """
    try:
        beside = sorted(one.name for one in islice(path.parent.iterdir(), MOST_BESIDE))
    except OSError:
        return ""
    same = _DIGITS.sub("0", path.name)
    alike = [name for name in beside if _DIGITS.sub("0", name) != same]
    close = get_close_matches(path.name, alike, n=1)
    return f"Did you mean {str(path.parent / close[0])!r}?" if close else ""
