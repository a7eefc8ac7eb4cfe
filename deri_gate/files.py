"""Files as they are handed in: ordinary ones of a bounded size, or an error at once."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_DOCUMENT = 64 * 2**20  # bytes: metrics.json of a thousand classes has 2 MB


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
