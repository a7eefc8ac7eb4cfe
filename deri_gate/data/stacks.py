"""Pages of a TIFF file: counted from its directories, without decoding any."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.data.frames import MAX_FRAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TIFF_START = re.compile(rb"II[*+]\0|MM\0[*+]")
_WIDTH, _HEIGHT, _TILE, _SUBFILE, _OLD_SUBFILE, _SHOWN_AS = 256, 257, 322, 254, 255, 262
_FORMAT = 339  # kind of a page's values
_SIGNED, _FLOATS = 2, 3  # kinds of which a viewer makes levels in its own way
_SIZES = {3: ("H", 2), 4: ("I", 4), 16: ("Q", 8)}  # SHORT, LONG, LONG8: struct's letter, bytes
_REDUCED, _MASK = 1, 4  # bits of the subfile type: a smaller copy of another page, its mask
_AS_MASK = 4  # how the values of a mask are shown: not at all
_OLD_REDUCED = 2  # the former tag's value for a smaller copy; thumbnails still have it
MOST_TAGS = 2**12  # of a page; where more are claimed the file is damaged, or made to take long
ROUNDED = 2  # pixels by which a side of a level may differ from the share of the first page's


@dataclass(frozen=True, kw_only=True)
class _Form:
    """Form of numbers in this file: byte order, and the sizes of a big TIFF."""

    order: str  # "<" or ">"
    big: bool

    def number(self, kind: str, raw: bytes) -> int:
        return int(struct.unpack(self.order + kind, raw)[0])


def is_tiff(head: bytes) -> bool:
    """True for the first bytes of a TIFF file, classic or big."""
    return TIFF_START.match(head) is not None


@dataclass(frozen=True, kw_only=True)
class Pages:
    """Full pages of a file.

    Attributes:
        stack: Positions of those of the size of the first one, itself included, among all pages,
            from 0; empty where the directories are damaged. More than `MAX_FRAMES` are not
            counted on.
        further: Number of those beside the first one, without its masks.
        others: Number of those of another size or kind.
        lost: Whether there are more after the first, of which a damaged directory tells nothing.
        unlike_levels: Whether the values of the first one are signed or floating-point numbers.
    """

    stack: tuple[int, ...] = ()
    further: int = 0
    others: int = 0
    lost: bool = False
    unlike_levels: bool = False


def pages_of(read: Callable[[int, int], bytes]) -> Pages:
    """Tell the pages of a file that are pictures of their own from copies and masks of these.

    Smaller copies (thumbnails, levels of a pyramid) say so, and are believed if they are smaller.
    Scanners of slides leave that out: theirs are pages of the first one's shape in a file of tiles.

    Args:
        read: Gives bytes from an offset on: `read(start, size)`.
    """
    pages: list[_Page] = []
    try:
        pages.extend(_pages(read))
    except struct.error:
        return Pages(lost=bool(pages), unlike_levels=any(page.unlike_levels for page in pages[:1]))
    if not pages:
        return Pages()
    first = pages[0]
    stack = [i for i, page in enumerate(pages) if page.follows(first) or i == 0]
    pictures = [page for page in pages[1:] if not page.copies(first)]
    further = sum(page.follows(first) for page in pictures)
    others = len(pictures) - further
    return Pages(
        stack=tuple(stack), further=further, others=others, unlike_levels=first.unlike_levels
    )


@dataclass(frozen=True, kw_only=True)
class _Page:
    width: int
    height: int
    is_tiled: bool
    is_smaller: bool  # a copy of another page
    is_mask: bool  # of another page
    unlike_levels: bool

    def follows(self, first: _Page) -> bool:
        """True for a slice of the stack that begins with the first page."""
        own = self.width, self.height, self.is_smaller
        return own == (first.width, first.height, first.is_smaller)

    def copies(self, first: _Page) -> bool:
        """True for a page that shows nothing that the first one does not show."""
        if self.is_mask:
            return True
        if self.is_smaller and not first.is_smaller:
            return self.width * self.height < first.width * first.height
        smaller = self.width < first.width and self.height < first.height
        apart = abs(self.width * first.height - self.height * first.width)
        return first.is_tiled and smaller and apart <= ROUNDED * max(first.width, first.height)


def _pages(read: Callable[[int, int], bytes]) -> Iterator[_Page]:
    head = read(0, 16)
    order = "<" if head[:2] == b"II" else ">"
    form = _Form(order=order, big=b"+" in head[2:4])
    at = form.number("Q", head[8:16]) if form.big else form.number("I", head[4:8])
    seen: set[int] = set()
    while at and at not in seen and len(seen) <= MAX_FRAMES:
        seen.add(at)
        page, at = _directory(read, at, form)
        yield page


def _directory(read: Callable[[int, int], bytes], at: int, form: _Form) -> tuple[_Page, int]:
    """A page, and the place of the next directory, 0 after the last."""
    counter, entry, pointer = ("Q", 20, "Q") if form.big else ("H", 12, "I")
    width = struct.calcsize(counter)
    count = form.number(counter, read(at, width))
    if count > MOST_TAGS:
        raise struct.error
    body = read(at + width, count * entry + struct.calcsize(pointer))
    tags = dict(_entry(body[i * entry : (i + 1) * entry], form) for i in range(count))
    smaller_copy = tags.get(_SUBFILE, 0) & _REDUCED or tags.get(_OLD_SUBFILE) == _OLD_REDUCED
    after = form.number(pointer, body[count * entry :])
    page = _Page(
        width=tags.get(_WIDTH, 0),
        height=tags.get(_HEIGHT, 0),
        is_tiled=_TILE in tags,
        is_smaller=bool(smaller_copy),
        is_mask=bool(tags.get(_SUBFILE, 0) & _MASK) and tags.get(_SHOWN_AS) == _AS_MASK,
        unlike_levels=tags.get(_FORMAT) in {_SIGNED, _FLOATS},
    )
    return page, after


def _entry(raw: bytes, form: _Form) -> tuple[int, int]:
    """Tag and first value, 0 where the value is no whole number or lies elsewhere."""
    tag, kind = struct.unpack(form.order + "HH", raw[:4])
    letter, size = _SIZES.get(kind, ("", 0))
    start = 12 if form.big else 8
    return tag, form.number(letter, raw[start : start + size]) if letter else 0
