"""The files of a few images: all are read to be known, and the large ones again to be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deri_gate.errors import UnreadableImageError
from deri_gate.runtime.memory import budget

if TYPE_CHECKING:
    from deri_gate.data.dataset import Loaded, Source

KEPT = 2**25  # bytes of files that wait for their turn, at most


def file_of(content: Loaded) -> Any:
    """The file or array that a frame is of; any other content itself."""
    return getattr(content, "encoded", content)


def encoded_bytes(content: Loaded) -> bytes | None:
    """The bytes of the file, None where there is no file, as in an array."""
    raw = getattr(file_of(content), "content", None)
    return raw if isinstance(raw, bytes) else None


class Contents:
    """Content of a source, row by row, with a bounded part of it in memory."""

    def __init__(self, source: Source) -> None:
        """Begin with nothing read."""
        self._source = source
        self._kept: dict[int, Loaded] = {}
        self._room = KEPT
        self._memory = budget()

    def key(self, row: int) -> str:
        """Hash of the content in a row.

        Raises:
            UnreadableImageError: When the content cannot be had.
        """
        with self._memory.scope():
            content = self._source.load(row)
            key = content.key
        size = len(encoded_bytes(content) or b"")  # an array's part is no memory of its own
        if size <= self._room:
            self._room -= size
            self._kept[row] = content
        return key

    def take(self, row: int, key: str) -> Loaded:
        """The content in a row, for the last time.

        Raises:
            UnreadableImageError: When it cannot be had any more, or is another by now.
        """
        content = self._kept.pop(row, None)
        if content is not None:
            return content
        content = self._source.load(row)
        if content.key != key:
            raise UnreadableImageError("has changed while it was read")
        return content
