"""Files that go on behind the end of their picture, with another one or an archive."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from deri_gate.data.whole_png import SIGNATURE, png_chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GOES_ON = 4  # a bit beside `CLEAR` and `TURNED`
_JPEG = b"\xff\xd8\xff"
# Each says enough of itself that chance writes none, as in the film behind a phone's picture.
_BEGINS = re.compile(
    rb"\xff\xd8\xff[\xc0-\xfe]|\x89PNG\r\n\x1a\n|GIF8[79]a|PK\x03\x04.\0.{2}[\0-\x63]\0"
    rb"|RIFF.{4}WEBP|BM.{4}\0{4}.{4}[\x0c\x28\x6c\x7c]\0{3}",
    re.DOTALL,
)
_LISTED = b"MPF\0"  # these pictures are counted by their list, which lies in the first one
_SCAN, _LAST, _OWN = 0xDA, 0xD9, 0xE2  # markers of a JPEG's pixels, its end, what programs add
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MARKER = re.compile(rb"\xff([^\0\xff])")  # decoders look for it, whatever lies before
_NEXT_MARKER = re.compile(rb"\xff{1,16}([^\0\xff])")  # where it must be, behind bytes that fill
_MOST_SEGMENTS, _MOST_BEGINNINGS = 64, 1_000  # that are looked at; so many lie nowhere by chance
_COLOURS = 0x80  # flag of a GIF's table of colours
_OLD_BITMAP, _UNPACKED = 12, frozenset({0, 3, 6})  # length of its header; forms of pixels


def goes_on(content: bytes) -> bool:
    """True for a picture behind whose end another one, or a zip, lies, at once or further on.

    Args:
        content: The whole file.
    """
    end = _end(content)
    if not 0 < end < len(content):
        return False  # as nearly all files are
    for number, found in enumerate(_BEGINS.finditer(content, end)):
        if number == _MOST_BEGINNINGS or found[0][:3] != _JPEG or _is_jpeg(content, found.start()):
            return True
    return False


def _end(content: bytes) -> int:
    """Place behind the end of the picture; 0 where it is not known."""
    if content.startswith(_JPEG):
        return _jpeg_end(content)
    if content.startswith(SIGNATURE):
        ends = (at + length + 4 for kind, at, length in png_chunks(content) if kind == b"IEND")
        return next(ends, 0)
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return _number(content, 4) + 8
    if content.startswith(b"BM"):
        return _bitmap_end(content)
    return _gif_end(content) if content.startswith((b"GIF87a", b"GIF89a")) else 0


def _jpeg_end(content: bytes) -> int:
    """Place behind the first end of a scan; what lies in segments, as thumbnails, is skipped."""
    at = 0
    for marker, at in _segments(content, 2, _MARKER.search):
        if marker == _OWN and content.startswith(_LISTED, at + 2):
            return 0
    end = content.find(b"\xff\xd9", at)
    return end + 2 if end >= 0 else 0


def _is_jpeg(content: bytes, at: int) -> bool:
    """True where segments follow each other up to a scan, one of which says how large it is."""
    walk = islice(_segments(content, at + 2, _NEXT_MARKER.match), _MOST_SEGMENTS)
    markers = [marker for marker, _ in walk]
    return markers[-1:] == [_SCAN] and not _FRAMES.isdisjoint(markers)


def _segments(
    content: bytes, at: int, look: Callable[[bytes, int], re.Match[bytes] | None]
) -> Iterator[tuple[int, int]]:
    """Marker of each segment of a JPEG, and the place behind it, up to the first scan."""
    while found := look(content, at):
        marker, at = found[1][0], found.end()
        yield marker, at
        if marker in {_SCAN, _LAST}:
            return
        if marker not in _ALONE:
            at += max(2, int.from_bytes(content[at : at + 2], "big"))


def _bitmap_end(content: bytes) -> int:
    """Place behind the pixels of a BMP; the size of the file that it states may be any."""
    if _number(content, 14) == _OLD_BITMAP:
        width, height, bits = (_number(content, at, 2) for at in (18, 20, 24))
    else:
        width, height, bits = _number(content, 18), _number(content, 22), _number(content, 28, 2)
        height = min(height, 2**32 - height)  # below 0 for lines from above
        if _number(content, 30) not in _UNPACKED:
            return _number(content, 10) + _number(content, 34)
    return _number(content, 10) + (width * bits + 31) // 32 * 4 * height


def _number(content: bytes, at: int, size: int = 4) -> int:
    return int.from_bytes(content[at : at + size], "little")


def _gif_end(content: bytes) -> int:
    """Place behind the trailer, by walking from block to block; 0 where that leads elsewhere."""
    at = 13 + _colours(content[10:11])
    while at < len(content) and content[at] in b"!,":
        at += 2 if content[at] == ord("!") else 11 + _colours(content[at + 9 : at + 10])
        while at < len(content) and content[at]:
            at += 1 + content[at]
        at += 1
    return at + 1 if content[at : at + 1] == b";" else 0


def _colours(flags: bytes) -> int:
    """Bytes of the table of colours that these flags announce."""
    if not flags or not flags[0] & _COLOURS:
        return 0
    return 3 << ((flags[0] & 7) + 1)
