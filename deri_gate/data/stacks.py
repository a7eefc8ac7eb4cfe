"""Pages of a TIFF file: counted from its directories, without decoding any."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.data.frames import MAX_FRAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MAGIC = re.compile(rb"II[*+]\0|MM\0[*+]")
_WIDTH, _HEIGHT, _SUBFILE = 256, 257, 254
_SIZES = {3: ("H", 2), 4: ("I", 4), 16: ("Q", 8)}  # SHORT, LONG, LONG8: struct's letter, bytes
_REDUCED = 1  # bit of the subfile type: a smaller copy of another page


@dataclass(frozen=True, kw_only=True)
class _Form:
    """Form of numbers in this file: byte order, and the sizes of a big TIFF."""

    order: str  # "<" or ">"
    big: bool

    def number(self, kind: str, raw: bytes) -> int:
        return int(struct.unpack(self.order + kind, raw)[0])


def is_tiff(head: bytes) -> bool:
    """True for the first bytes of a TIFF file, classic or big."""
    return _MAGIC.match(head) is not None


def count_pages(read: Callable[[int, int], bytes]) -> int:
    """Number of pages that belong to one stack with the first, see `stack_pages`."""
    return max(1, len(stack_pages(read)))


def stack_pages(read: Callable[[int, int], bytes]) -> list[int]:
    """Positions of the pages of one stack: full pages of the size that the first one has.

    Smaller copies (thumbnails, levels of a pyramid) and pages of another size are no slices.

    Args:
        read: Gives bytes from an offset on: `read(start, size)`.

    Returns:
        Positions among all pages, from 0; empty where the directories are damaged. More than
        `MAX_FRAMES` are not counted on.
    """
    try:
        pages = list(_pages(read))
    except struct.error:
        return []
    first = next(iter(pages), None)
    return [i for i, page in enumerate(pages) if page == first or i == 0]


def _pages(read: Callable[[int, int], bytes]) -> Iterator[tuple[int, int, int]]:
    """Width, height and 1 for a smaller copy, else 0, of each page."""
    head = read(0, 16)
    order = "<" if head[:2] == b"II" else ">"
    form = _Form(order=order, big=b"+" in head[2:4])
    at = form.number("Q", head[8:16]) if form.big else form.number("I", head[4:8])
    seen: set[int] = set()
    while at and at not in seen and len(seen) <= MAX_FRAMES:
        seen.add(at)
        page, at = _directory(read, at, form)
        yield page


def _directory(
    read: Callable[[int, int], bytes], at: int, form: _Form
) -> tuple[tuple[int, int, int], int]:
    """A page, and the place of the next directory, 0 after the last."""
    counter, entry, pointer = ("Q", 20, "Q") if form.big else ("H", 12, "I")
    width = struct.calcsize(counter)
    count = form.number(counter, read(at, width))
    body = read(at + width, count * entry + struct.calcsize(pointer))
    tags = dict(_entry(body[i * entry : (i + 1) * entry], form) for i in range(min(count, 2**12)))
    after = form.number(pointer, body[count * entry :])
    page = (tags.get(_WIDTH, 0), tags.get(_HEIGHT, 0), tags.get(_SUBFILE, 0) & _REDUCED)
    return page, after


def _entry(raw: bytes, form: _Form) -> tuple[int, int]:
    """Tag and first value, 0 where the value is no whole number or lies elsewhere."""
    tag, kind = struct.unpack(form.order + "HH", raw[:4])
    letter, size = _SIZES.get(kind, ("", 0))
    start = 12 if form.big else 8
    return tag, form.number(letter, raw[start : start + size]) if letter else 0
