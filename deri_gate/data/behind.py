"""Files that hold more than their picture: another one, or an archive, where nobody looks."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from deri_gate.data.dicom.codestream import CODESTREAM
from deri_gate.data.dicom.detect import is_dicom
from deri_gate.data.listed_ends import items_end, tiff_end
from deri_gate.data.mpo import ALONE, FRAMES, MARKER, listed_pictures, lists_pictures, pixels_of
from deri_gate.data.whole_j2k import j2k_end
from deri_gate.data.whole_png import SIGNATURE, png_chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GOES_ON = 4  # a bit beside `CLEAR` and `TURNED`
_JPEG = b"\xff\xd8\xff"
# Each says enough of itself that chance writes none, as in the film behind a phone's picture.
_FOREIGN = (
    rb"\x89PNG\r\n\x1a\n|GIF8[79]a|PK\x03\x04.\0.{2}[\0-\x63]\0|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07"
)
_BEGINS = re.compile(
    rb"\xff\xd8\xff[\xc0-\xfe]|RIFF.{4}WEBP|BM.{4}\0{4}.{4}[\x0c\x28\x6c\x7c]\0{3}|" + _FOREIGN,
    re.DOTALL,
)
_ENDLESS = re.compile(  # beside DICOM: TIFF, PNM, JPEG 2000, AVIF and HEIC
    rb"II[*+]\0|MM\0[*+]|P[1-6]\s|\0{3}\x0cjP |\xff\x4f\xff\x51|.{4}ftyp", re.DOTALL
)
_PICTURE = re.compile(rb"\xff\xd8\xff|\x89PNG|GIF8|BM|RIFF|II[*+]\0|MM\0[*+]")
_TIFF = re.compile(rb"II[*+]\0|MM\0[*+]")
_OF_BOXES = re.compile(rb"\0{3}\x0cjP |.{4}ftyp", re.DOTALL)  # those of them with an end
_NEVER_WITHIN = re.compile(_FOREIGN, re.DOTALL)  # JPEG and WebP are parts of these
_SCAN, _LAST = 0xDA, 0xD9  # markers of a JPEG's pixels, and of its end
_NEXT_MARKER = re.compile(rb"\xff{1,16}[^\0\xff]")  # where it must be, behind bytes that fill
_MOST_SEGMENTS, _MOST_BEGINNINGS = 64, 1_000  # that are looked at; so many lie nowhere by chance
# Parts of a file that are walked over, one for so many bytes beside: an honest one has far fewer.
# Behind them the rest is searched, so that none makes us walk for a minute, and none hides there.
_MOST_PARTS, _BYTES_OF_A_PART = 50_000, 32
_COLOURS = 0x80  # flag of a GIF's table of colours
_EXTENSIONS = (b"\x01", b"\xf9", b"\xfe", b"\xff")  # of a GIF: text, control, words, programs
_BOX = 8  # bytes of its header, the least that it has
_FILLS = (b"free", b"skip")
_OLD_BITMAP, _UNPACKED = 12, frozenset({0, 3, 6})  # length of its header; forms of pixels
_SHORTEST_HEADER, _LONGEST_HEADER = 26, 14 + 124 + 256 * 4  # of a BMP; with colours


def goes_on(content: bytes) -> bool:
    """True for a picture behind whose end another one, or an archive, lies, at once or further on.

    Of formats that may hold others, such as TIFF and DICOM, it is asked what lies anywhere in them.

    Args:
        content: The whole file.
    """
    dicom = is_dicom(content)
    if dicom and _PICTURE.match(content):  # what does not look for DICOM's mark shows this
        return True
    if (dicom or _ENDLESS.match(content)) and any(_tells(content, 0, _NEVER_WITHIN)):
        return True
    if _OF_BOXES.match(content) and any(_tells(_filling(content), 0, _BEGINS)):
        return True
    end = _end(content)
    return end < len(content) and any(_tells(content, end, _BEGINS))  # nearly no file has more


def _tells(content: bytes, at: int, begins: re.Pattern[bytes]) -> Iterator[bool]:
    """Say of all that begins from here on whether it is a picture or archive of no list.

    A list excuses as many pictures as it names that are no larger than the first, as previews are;
    others as large are counted. Not by their places: what adds words to a file moves these.
    """
    listed, largest = _list_in(content)
    for _ in range(_MOST_BEGINNINGS):
        found = begins.search(content, at)
        if found is None:
            return
        start, at = found.span()
        if listed and found[0][:3] == _JPEG and 0 < _pixels(content, start) <= largest:
            listed, at = listed - 1, max(at, _jpeg_end(content, start))
        else:
            yield _is_whole(content, start)
    yield True


def _list_in(content: bytes) -> tuple[int, int]:
    """Number of pictures that a JPEG lists beside its first, and the pixels of that."""
    if not content.startswith(_JPEG) or not lists_pictures(_reading(content, 0)):
        return 0, 0
    return listed_pictures(content), _pixels(content, 0)


def _pixels(content: bytes, at: int) -> int:
    return pixels_of(_reading(content, at))


def _reading(content: bytes, at: int) -> Callable[[int, int], bytes]:
    """Reader of what begins here, by offset and size."""
    return lambda start, size: content[at + start : at + start + size]


def _is_whole(content: bytes, at: int) -> bool:
    """True where what begins here is more than three bytes of chance, or the name of a format."""
    if content.startswith(_JPEG, at):
        return _is_jpeg(content, at)
    return _is_gif(content, at) if content.startswith(b"GIF8", at) else True


def _end(content: bytes) -> int:
    """Place behind the end of the picture; that of the file for a format that is not known."""
    if content.startswith(_JPEG):
        return _jpeg_end(content, 0)
    if content.startswith(SIGNATURE):
        ends = (at + length + 4 for kind, at, length in png_chunks(content) if kind == b"IEND")
        return next(ends, len(content))
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return _number(content, 4) + 8
    if content.startswith(b"BM"):
        return _bitmap_end(content)
    bare = content.startswith(CODESTREAM)
    if bare or _OF_BOXES.match(content):
        return j2k_end(content, 0) if bare else _boxes_end(content)
    listed = tiff_end if _TIFF.match(content) else len
    return _gif_end(content) if content.startswith((b"GIF87a", b"GIF89a")) else listed(content)


def _jpeg_end(content: bytes, start: int) -> int:
    """Place behind the first end of a scan; what lies in segments, as thumbnails, is skipped."""
    walk = islice(_segments(content, start + 2, MARKER.search), _MOST_PARTS)
    at = max((at for _, at in walk), default=start)
    end = content.find(b"\xff\xd9", at)
    return end + 2 if end >= 0 else len(content)  # without an end it is unreadable


def _is_jpeg(content: bytes, at: int) -> bool:
    """True where segments follow each other up to a scan, one of which says how large it is."""
    walk = islice(_segments(content, at + 2, _NEXT_MARKER.match), _MOST_SEGMENTS)
    markers = [marker for marker, _ in walk]
    return markers[-1:] == [_SCAN] and not FRAMES.isdisjoint(markers)


def _segments(
    content: bytes, at: int, look: Callable[[bytes, int], re.Match[bytes] | None]
) -> Iterator[tuple[int, int]]:
    """Marker of each segment of a JPEG, and the place behind it, up to the first scan."""
    while found := look(content, at):
        marker, at = found[0][-1], found.end()
        yield marker, at
        if marker in {_SCAN, _LAST}:
            return
        if marker not in ALONE:
            at += max(2, int.from_bytes(content[at : at + 2], "big"))


def _boxes(content: bytes, at: int = 0) -> Iterator[tuple[bytes, int, int]]:
    """Kind, place and end of each box of a JPEG 2000, AVIF or HEIC file that lies in it whole."""
    for _ in range(_MOST_PARTS):
        size = int.from_bytes(content[at : at + 4], "big")
        if size == 1:  # it stands behind the name
            size = int.from_bytes(content[at + 8 : at + 16], "big")
        elif size == 0 and at + _BOX <= len(content):  # up to the end of the file
            size = len(content) - at
        if size < _BOX or at + size > len(content):
            return
        yield content[at + 4 : at + _BOX], at, at + size
        at += size


def _boxes_end(content: bytes) -> int:
    """Place behind the last box, or behind the pixels in it, where the file tells where they end.

    A film lists its pictures elsewhere.
    """
    boxes = [*_boxes(content)]
    kind, at, end = next(reversed(boxes), (b"", 0, 0))
    if kind == b"jp2c" and content[at : at + 4] == bytes(4):  # up to the end of the file
        return j2k_end(content, at + _BOX)
    if kind != b"mdat" or any(box == b"moov" for box, _, _ in boxes):
        return end
    return next((_listed_end(content, at, end) for box, at, _ in boxes if box == b"meta"), 0) or end


def _listed_end(content: bytes, at: int, end: int) -> int:
    """Place behind the last item that the box of words lists; 0 where that is not in the last."""
    lists = (one for one in _boxes(content[:end], at + _BOX + 4) if one[0] == b"iloc")
    return next((items_end(content, *place) for _, *place in lists), 0)


def _filling(content: bytes) -> bytes:
    """Boxes of no meaning, one after another: no decoder looks into them."""
    return b"".join(content[at:end] for kind, at, end in _boxes(content) if kind in _FILLS)


def _bitmap_end(content: bytes) -> int:
    """Place behind the pixels of a BMP; the size of the file that it states may be any.

    Where its pixels are packed, or do not follow the header, the place where something may lie.
    """
    pixels = _number(content, 10)
    if pixels > _LONGEST_HEADER:
        return _SHORTEST_HEADER
    if _number(content, 14) == _OLD_BITMAP:
        width, height, bits = (_number(content, at, 2) for at in (18, 20, 24))
    else:
        width, height, bits = _number(content, 18), _number(content, 22), _number(content, 28, 2)
        height = min(height, 2**32 - height)  # below 0 for lines from above
        if _number(content, 30) not in _UNPACKED:
            return pixels
    return pixels + (width * bits + 31) // 32 * 4 * height


def _number(content: bytes, at: int, size: int = 4) -> int:
    return int.from_bytes(content[at : at + size], "little")


def _gif_end(content: bytes) -> int:
    """Place behind the trailer, or behind the last block."""
    ends = [end for _, end in _walked_gif(content)]
    at = ends[-1] if ends else _gif_start(content, 0)
    return at + (content[at : at + 1] == b";")


def gif_blocks(content: bytes) -> Iterator[int]:
    """Place of each block of a GIF: `,` is there for a picture, `!` for other words.

    Args:
        content: The whole file.
    """
    return (start for start, _ in _walked_gif(content))


def _walked_gif(content: bytes) -> Iterator[tuple[int, int]]:
    """Place of each block of a GIF, and the one behind it, by walking from block to block."""
    at, left = _gif_start(content, 0), _MOST_PARTS + len(content) // _BYTES_OF_A_PART
    while at < len(content) and content[at] in b"!," and left > 0:
        start = at
        at += 2 if content[at] == ord("!") else 11 + _colours(content[at + 9 : at + 10])
        while at < len(content) and content[at] and left > 0:
            at, left = at + 1 + content[at], left - 1
        at, left = at + 1, left - 1
        yield start, at


def _gif_start(content: bytes, at: int) -> int:
    """Place of the first block of a GIF that begins here."""
    return at + 13 + _colours(content[at + 10 : at + 11])


def _is_gif(content: bytes, at: int) -> bool:
    """True where a block follows the header; text that names the format has none."""
    first = _gif_start(content, at)
    if content.startswith(b"!", first):
        return content[first + 1 : first + 2] in _EXTENSIONS
    coded = first + 10 + _colours(content[first + 9 : first + 10])
    return content.startswith(b",", first) and b"\1" <= content[coded : coded + 1] <= b"\x0c"


def _colours(flags: bytes) -> int:
    """Bytes of the table of colours that these flags announce."""
    if not flags or not flags[0] & _COLOURS:
        return 0
    return 3 << ((flags[0] & 7) + 1)
