"""Ends of files that list where their parts lie: TIFF, AVIF and HEIC."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4,
          16: 8, 17: 8, 18: 8}  # fmt: skip  # bytes of a value of each type of TIFF
_WHOLE = {3: "u2", 4: "u4", 13: "u4", 16: "u8", 18: "u8"}  # types of numbers of bytes and places
_PARTS = ((273, 279), (324, 325), (513, 514))  # places and lengths: strips, tiles, a JPEG
_FURTHER = frozenset({330, 34665, 34853, 40965})  # tags of directories within
# Words of a maker, and the parts of a raw picture or of a microscope's: they lie where they like.
_OWN_PLACES = frozenset({37500, 50740, 34412})
_MOST_DIRECTORIES = 10_000
_IN_FILE = 0  # place of an item: counted from the start of the file


def tiff_end(content: bytes) -> int:
    """Place behind all that the directories name; the file's end where they do not tell.

    Args:
        content: A whole TIFF file.
    """
    try:
        end = max(_ends(content))
    except (struct.error, ValueError, KeyError, IndexError, OverflowError):
        return len(content)
    return min(end, len(content))


def _ends(content: bytes) -> Iterator[int]:
    order = "<" if content.startswith(b"II") else ">"
    large = content[2:4] in {b"+\0", b"\0+"}
    waiting, seen = [_number(content, order, *((8, 8) if large else (4, 4)))], set[int]()
    while waiting:
        at = waiting.pop()
        if not at or at in seen:
            continue
        seen.add(at)
        if len(seen) > _MOST_DIRECTORIES:
            raise ValueError("too many directories")
        directory = _Directory(content, order, at, large=large)
        yield from directory.ends()
        waiting += directory.further()


class _Directory:
    """Entries of a directory by tag: type, count, and where the values lie.

    Raises:
        ValueError: If it has words that may refer to any place.
    """

    def __init__(self, content: bytes, order: str, at: int, *, large: bool) -> None:
        self._content, self._order = content, order
        head, entry, self._wide = (8, 20, 8) if large else (2, 12, 4)
        count = _number(content, order, at, head)
        self._behind = at + head + count * entry
        if self._behind > len(content):
            raise ValueError("a directory is cut")
        self.tags: dict[int, tuple[int, int, int]] = {}
        for start in range(at + head, self._behind, entry):
            tag, kind = struct.unpack_from(f"{order}HH", content, start)
            many = _number(content, order, start + 4, self._wide)
            self.tags[tag] = (kind, many, self._place(kind, many, start + 4 + self._wide))
        if not _OWN_PLACES.isdisjoint(self.tags):
            raise ValueError("a maker's own places")

    def _place(self, kind: int, many: int, at: int) -> int:
        fits = _SIZES[kind] * many <= self._wide
        return at if fits else _number(self._content, self._order, at, self._wide)

    def ends(self) -> Iterator[int]:
        """Places behind the directory, its values, and the parts of its picture."""
        yield self._behind + self._wide
        for kind, many, place in self.tags.values():
            yield place + _SIZES[kind] * many
        for places, lengths in _PARTS:
            if places in self.tags:
                yield int((self._values(places) + self._values(lengths)).max())

    def further(self) -> list[int]:
        """Places of the next directory, and of those within."""
        within = [self._values(tag).tolist() for tag in _FURTHER & self.tags.keys()]
        following = _number(self._content, self._order, self._behind, self._wide)
        return [following, *(place for places in within for place in places)]

    def _values(self, tag: int) -> np.ndarray:
        kind, many, place = self.tags[tag]
        form = np.dtype(f"{self._order}{_WHOLE[kind]}")
        if place + many * form.itemsize > len(self._content) or not many:
            raise ValueError("values are cut")
        return np.frombuffer(self._content, form, many, place).astype(np.int64)


def items_end(content: bytes, at: int, end: int) -> int:
    """Place behind the last item that a list of AVIF or HEIC names; 0 where it does not tell.

    Args:
        content: The whole file.
        at: Where the list, the box `iloc`, begins.
        end: Where it ends.
    """
    try:
        return max(_item_ends(content[at + 8 : end]), default=0)
    except (struct.error, ValueError, IndexError):
        return 0


def _item_ends(box: bytes) -> Iterator[int]:
    version, sizes = box[0], (box[4] >> 4, box[4] & 15, box[5] >> 4)
    of_index = box[5] & 15 if version else 0
    wide = 2 if version < 2 else 4  # noqa: PLR2004  # bytes of a number of an item
    count, at = _number(box, ">", 6, wide), 6 + wide
    for _ in range(count):
        at += wide
        if version:
            method, at = _number(box, ">", at, 2) & 15, at + 2
        else:
            method = _IN_FILE
        base, at = _number(box, ">", at + 2, sizes[2]), at + 2 + sizes[2]
        extents, at = _number(box, ">", at, 2), at + 2
        for _ in range(extents):
            at += of_index
            start, at = _number(box, ">", at, sizes[0]), at + sizes[0]
            length, at = _number(box, ">", at, sizes[1]), at + sizes[1]
            if not length:
                raise ValueError("an item without a length goes on to the end")
            if method == _IN_FILE:
                yield base + start + length


def _number(content: bytes, order: str, at: int, size: int) -> int:
    """A whole number of so many bytes; 0 of none.

    Raises:
        ValueError: If the file ends before it.
    """
    if at + size > len(content):
        raise ValueError("the file ends within a number")
    return int.from_bytes(content[at : at + size], "little" if order == "<" else "big")
