"""Files as they are handed in: ordinary ones of a bounded size, or an error at once."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from deri_gate.errors import SettingError, words_of_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})  # a disk, a quota, a limit on files
LARGEST_DOCUMENT = 64 * 2**20  # bytes: metrics.json of a thousand classes has 2 MB


def ready_folder(out: Path, option: str = "--out") -> Path:
    """Make the folder, and make sure that it can be written, before minutes are spent.

    Args:
        out: Where files will go.
        option: Which named it.

    Raises:
        SettingError: If it cannot.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        what = f"cannot be written ({words_of_error(error)})"
        for place in (out, *out.parents):
            if os.path.lexists(place) and not os.path.isdir(place):  # noqa: PTH112  # never raises
                what = f"{place} is in the way: it is not a folder"
        raise SettingError(what, f"{option} {out}", "Choose another folder.") from error
    return out


def write_text(text: str, path: Path) -> None:
    """Write a text as a file, whole or not at all; see `replaced`.

    Raises:
        SettingError: If there is no space, or no right to write.
    """
    write_bytes(text.encode("utf-8", errors="backslashreplace"), path)


def write_bytes(content: bytes, path: Path) -> None:
    """Write bytes, such as a picture, as a file; see `replaced`."""
    write_by(lambda beside: beside.write(content), path)


def write_by(write: Callable[[IO[bytes]], object], path: Path) -> None:
    """Write a file by a function, whole; see `replaced`.

    Raises:
        SettingError: If it cannot be written.
    """
    try:
        with replaced(path) as file:
            write(file)
    except OSError as error:
        what = f"cannot be written ({words_of_error(error)})"
        fix = "Make room" if error.errno in _FULL else "Mend that"
        raise SettingError(what, path, f"{fix}, or name another place.") from error


@contextmanager
def replaced(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file beside the path, which takes its name when the block ends without an error.

    A reader sees the old file or the new one. A link that stood there is replaced, not followed.

    Raises:
        OSError: If it cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.unlink(missing_ok=True)
        with beside.open("xb") as file:  # refuses a link, wherever it leads
            yield file
        beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def read_regular_file(path: Path, limit: int = LARGEST_DOCUMENT) -> bytes:
    """Content of an ordinary file; of a pipe or a device nobody waits for the end.

    Args:
        path: The file; links are followed.
        limit: The most bytes that it may hold.

    Raises:
        OSError: If it cannot be read, is not an ordinary file, or is too large; says why.
    """
    opened = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(opened, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not an ordinary file", str(path))
        content = file.read(limit + 1) if status.st_size <= limit else b""
        if status.st_size > limit or len(content) > limit:
            raise OSError(errno.EFBIG, f"more than {limit:,} bytes", str(path))
    return content
