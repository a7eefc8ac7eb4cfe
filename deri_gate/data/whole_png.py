"""A PNG holds each of its lines: what its data inflate to is as long as its header says."""

from __future__ import annotations

import re
import struct
import zlib
from typing import TYPE_CHECKING

import cv2
import numpy as np

from deri_gate.data.footprint import claim_size
from deri_gate.data.limits import MAX_PIXELS
from deri_gate.errors import UnreadableImageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.data.dataset import Picture

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of a pixel, by kind of colour
_AROUND = 12  # bytes of a chunk beside its data: length, kind, checksum
_HEADED = SIGNATURE + b"\0\0\0\rIHDR"
_HEADER = struct.Struct(">IIBBBBB")
_CHUNK = struct.Struct(">I4s")  # length and kind, before the data
_CHECKSUM = struct.Struct(">I")  # after them
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4),
           (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))  # fmt: skip  # x, y, steps
_PLAIN = re.compile(  # 8 bits, grey or colour, not interlaced, and the picture follows at once
    re.escape(_HEADED) + rb"(.{4})(.{4})\x08([\0\2])\0\0\0.{8}IDAT", re.DOTALL
)
_NOTHING_TO_SAY = frozenset({b"IHDR", b"IDAT", b"IEND"})  # others may be damaged, unseen here
_DEPTH_AT, _COLOUR_AT, _WITH_ALPHA = 24, 25, b"\4"  # bits, kind of colour; with alpha from this on
_MORE = frozenset({b"tRNS", b"eXIf"})  # transparency, tags
_TAGGED = b"Raw profile type", b"XML:com.adobe.xmp"  # words that hold tags begin so
_DATA_AT = 33  # where the chunk behind the header begins
_END = b"\0\0\0\0IEND\xaeB`\x82"
PIECE = 2**18  # bytes that are inflated at a time, and thrown away


def check_png(content: bytes, where: str) -> frozenset[bytes]:
    """Walk over the chunks, each with a checksum that fits, and inflate the picture once.

    Decoders fill the lines that are not there, and leave out those that are too many.

    Returns:
        The kinds of its chunks.

    Raises:
        UnreadableImageError: If the file or its picture does not end where it should.
    """
    data = memoryview(content)
    header, parts, before, kinds = b"", list[memoryview](), b"", set[bytes]()
    for kind, at, end in _chunks(data, where):
        if kind == b"IHDR":
            if header:
                raise UnreadableImageError("damaged: the PNG has two headers", where)
            header = bytes(data[at:end])
        if kind == b"IDAT" and (before == kind or not parts):  # none counts that lies apart
            parts.append(data[at:end])
        before = kind
        kinds.add(kind)
    if expected := _expected(header):
        _check_length(parts, expected, where)
    return frozenset(kinds)


def _check_sole(content: bytes) -> frozenset[bytes]:
    """Check a file with one chunk of data as `check_png` does, without a walk over its chunks.

    Returns:
        The kinds of its chunks; none for any other file, which is not checked then.
    """
    length = sole_data(content)
    if not length:
        return frozenset()
    data = memoryview(content)
    _check_sum(data, len(SIGNATURE), _DATA_AT, "")
    _check_sum(data, _DATA_AT, _DATA_AT + _AROUND + length, "")
    if expected := _expected(content[len(_HEADED) : _DATA_AT - 4]):
        _check_length([data[_DATA_AT + 8 :][:length]], expected, "")
    return _NOTHING_TO_SAY


def plain_png(content: bytes, where: str) -> Picture | None:
    """Decode a picture of the plainest kind, without what Pillow's opening of a file takes.

    Returns:
        (H, W) or (H, W, 3); None for any other file, or one of which there is anything to say.

    Raises:
        UnreadableImageError: If it takes more memory than there is.
    """
    plain = _PLAIN.match(content)
    if plain is None:
        return None
    width, height = (int.from_bytes(plain[side], "big") for side in (1, 2))
    if not 0 < width * height <= MAX_PIXELS:
        return None
    channels = 1 if plain[3] == b"\0" else 3
    claim_size(width, height, 2 * channels, where)  # of two orders of its colours
    try:
        kinds = _check_sole(content) or check_png(content, "")
    except UnreadableImageError:  # the long way says what comes first
        return None
    if not kinds <= _NOTHING_TO_SAY:
        return None
    picture = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    shape = (height, width) if channels == 1 else (height, width, 3)
    if picture is None or picture.shape != shape or picture.dtype != np.uint8:
        return None
    if picture.ndim == 3:  # noqa: PLR2004
        picture = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    return np.asarray(picture, dtype=np.uint8)


def sole_data(content: bytes) -> int:
    """Bytes of the data of a PNG that has one chunk of them between its header and its end.

    Most small files are such. That they carry no tags is known without a walk over their chunks.

    Args:
        content: The whole file.

    Returns:
        0 for any other file.
    """
    length = len(content) - _DATA_AT - _AROUND - len(_END)
    if length <= 0 or not content.startswith(_HEADED) or not content.endswith(_END):
        return 0
    return length if _CHUNK.unpack_from(content, _DATA_AT) == (length, b"IDAT") else 0


def depth_of_bare(content: bytes) -> int:
    """Bits of a value of a PNG without transparency that has a header, data, an end and no more.

    Args:
        content: The whole file.

    Returns:
        0 for any other file.
    """
    colour = content[_COLOUR_AT : _COLOUR_AT + 1]
    return content[_DEPTH_AT] if colour < _WITH_ALPHA and sole_data(content) else 0


def has_no_more(content: bytes) -> bool:
    """True for a PNG of grey, colour or a palette without transparency and tags."""
    if not content.startswith(_HEADED) or content[_COLOUR_AT : _COLOUR_AT + 1] >= _WITH_ALPHA:
        return False
    return sole_data(content) > 0 or not any(
        kind in _MORE or content.startswith(_TAGGED, start)
        for kind, start, _ in png_chunks(content)
    )


def png_chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and length of each chunk's data; nothing is checked, and the last may be cut."""
    at, last = len(SIGNATURE), len(content) - _CHUNK.size
    while at <= last:
        length, kind = _CHUNK.unpack_from(content, at)
        yield kind, at + 8, length
        at += _AROUND + length


def _chunks(data: memoryview, where: str) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each chunk's data, up to the last chunk there may be."""
    at = len(SIGNATURE)
    while at + _AROUND <= len(data):
        length, kind = _CHUNK.unpack_from(data, at)
        end = at + _AROUND + length
        if end > len(data):
            break
        if kind[:1].isupper() or kind == b"tRNS":  # what makes the picture
            _check_sum(data, at, end, where)
        yield kind, at + 8, end - 4
        if kind == b"IEND":
            return
        at = end
    raise UnreadableImageError("truncated: the PNG has no end", where)


def _check_sum(data: memoryview, at: int, end: int, where: str) -> None:
    """Refuse a chunk from here to there whose checksum does not fit."""
    if zlib.crc32(data[at + 4 : end - 4]) != _CHECKSUM.unpack_from(data, end - 4)[0]:
        name = bytes(data[at + 4 : at + 8]).decode("ascii", "backslashreplace")
        raise UnreadableImageError(f"damaged: the checksum of its {name} is wrong", where)


def _expected(header: bytes) -> int:
    """Bytes of all lines; 0 for a header that the decoder itself refuses."""
    if len(header) != _HEADER.size:
        return 0
    width, height, depth, colour, _, _, interlace = _HEADER.unpack(header)
    if colour not in PNG_SAMPLES or interlace > 1 or not 0 < width * height <= MAX_PIXELS:
        return 0
    bits = depth * PNG_SAMPLES[colour]
    if not interlace:
        return int(height * (1 + (width * bits + 7) // 8))
    return sum(
        rows * (1 + (columns * bits + 7) // 8)
        for x, y, across, down in _PASSES
        if (columns := -(-(width - x) // across)) > 0 and (rows := -(-(height - y) // down)) > 0
    )


def _check_length(parts: list[memoryview], expected: int, where: str) -> None:
    if len(parts) == 1 and expected < PIECE and _inflates_to(parts[0], expected):
        return
    inflater, count = zlib.decompressobj(), 0
    try:
        for size in _inflated_sizes(inflater, parts):
            count += size
            if count > expected:
                raise UnreadableImageError("damaged: more data than its lines take", where)
    except zlib.error as error:
        raise UnreadableImageError(f"damaged: its data do not inflate ({error})", where) from error
    if count < expected:
        text = f"truncated: its data are {count:,} of {expected:,} bytes"
        raise UnreadableImageError(text, where)
    if not inflater.eof:
        raise UnreadableImageError("truncated: its data have no end", where)


def _inflates_to(part: memoryview, expected: int) -> bool:
    """True for data that inflate to so many bytes and end there: one call tells of most files."""
    inflater = zlib.decompressobj()
    try:
        return len(inflater.decompress(part, expected + 1)) == expected and inflater.eof
    except zlib.error:
        return False


def _inflated_sizes(inflater: zlib._Decompress, parts: list[memoryview]) -> Iterator[int]:
    """Bytes of each piece of the data, one piece in memory at a time."""
    for part in parts:
        rest: bytes | memoryview = part
        while rest and not inflater.eof:
            yield len(inflater.decompress(rest, PIECE))
            rest = inflater.unconsumed_tail
    while not inflater.eof and (more := inflater.decompress(b"", PIECE)):
        yield len(more)
