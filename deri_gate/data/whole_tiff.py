"""A TIFF page holds each of its strips or tiles: decoders fill those that are not there."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import TiffImagePlugin as Tiff

from deri_gate.data.whole_jpeg import check_jpeg
from deri_gate.errors import UnreadableImageError

if TYPE_CHECKING:
    from collections.abc import Iterator

_RAW, _JPEG, _DEFLATE = 1, 7, (8, 32946)
_YCBCR = 6  # colours that may be stored at half the size
_JPEG_TABLES = 347
PIECE = 2**18  # bytes that are inflated at a time, and thrown away


def check_tiff(tags: Any, content: bytes, where: str) -> None:
    """Count the parts of a page, and look into those that a decoder would complete silently.

    Args:
        tags: The page's, as Pillow reads them.
        content: The whole file.
        where: The image's id, for the message.

    Raises:
        UnreadableImageError: If a part is not there, or ends before its rows do.
    """
    page = _Page.of(tags)
    if page is None:
        return
    if len(page.offsets) < page.needed:
        text = f"truncated: {len(page.offsets)} of {page.needed} strips or tiles"
        raise UnreadableImageError(text, where)
    compression = tags.get(Tiff.COMPRESSION, _RAW)
    if compression in _DEFLATE and tags.get(Tiff.PHOTOMETRIC_INTERPRETATION) != _YCBCR:
        for part, size in page.parts(content):
            _check_deflated(part, size, page.size + PIECE, where)
    elif compression == _JPEG:
        tables = tags.get(_JPEG_TABLES, b"")
        for part, _ in page.parts(content):
            own = bytes(part)
            check_jpeg(tables[:-2] + own[2:] if len(tables) > 2 else own, where)  # noqa: PLR2004  # its end


@dataclass(frozen=True, kw_only=True)
class _Page:
    """Layout of a page in strips or tiles.

    Attributes:
        offsets: Where each part begins.
        counts: Bytes of each part.
        size: Bytes of a whole part, unpacked.
        last: Bytes of the last part of a plane, which may be lower.
        plane: Parts of a plane.
        needed: Parts of all planes.
    """

    offsets: tuple[int, ...]
    counts: tuple[int, ...]
    size: int
    last: int
    plane: int
    needed: int

    @classmethod
    def of(cls, tags: Any) -> _Page | None:
        """Read the layout; None where the tags lack it, and the decoder decides."""
        width, height = tags.get(Tiff.IMAGEWIDTH), tags.get(Tiff.IMAGELENGTH)
        values, planar = tags.get(Tiff.SAMPLESPERPIXEL, 1), tags.get(Tiff.PLANAR_CONFIGURATION, 1)
        depths = tags.get(Tiff.BITSPERSAMPLE, (1,))
        numbers = (width, height, values, *depths)
        if not all(isinstance(number, int) and number > 0 for number in numbers):
            return None
        planes, bits = (values, depths[0]) if planar == 2 else (1, values * depths[0])  # noqa: PLR2004  # a plane a value
        if Tiff.TILEOFFSETS in tags:
            return cls._tiled(tags, (width, height), planes, bits)
        return cls._stripped(tags, (width, height), planes, bits)

    @classmethod
    def _tiled(cls, tags: Any, shape: tuple[int, int], planes: int, bits: int) -> _Page | None:
        wide, high = tags.get(Tiff.TILEWIDTH), tags.get(Tiff.TILELENGTH)
        if not (isinstance(wide, int) and isinstance(high, int) and wide > 0 and high > 0):
            return None
        plane = -(-shape[0] // wide) * -(-shape[1] // high)
        size = high * ((wide * bits + 7) // 8)
        counts = tags.get(Tiff.TILEBYTECOUNTS, ())
        return cls(offsets=tags[Tiff.TILEOFFSETS], counts=counts, size=size, last=size,
                   plane=plane, needed=plane * planes)  # fmt: skip

    @classmethod
    def _stripped(cls, tags: Any, shape: tuple[int, int], planes: int, bits: int) -> _Page | None:
        offsets = tags.get(Tiff.STRIPOFFSETS, ())
        rows = tags.get(Tiff.ROWSPERSTRIP, shape[1])
        if not isinstance(rows, int) or rows < 1 or not offsets:
            return None
        rows = min(rows, shape[1])
        line, plane = (shape[0] * bits + 7) // 8, -(-shape[1] // rows)
        return cls(offsets=offsets, counts=tags.get(Tiff.STRIPBYTECOUNTS, ()), size=rows * line,
                   last=(shape[1] - (plane - 1) * rows) * line, plane=plane,
                   needed=plane * planes)  # fmt: skip

    def parts(self, content: bytes) -> Iterator[tuple[memoryview, int]]:
        """Each part and the bytes that it must unpack to."""
        data = memoryview(content)
        for index in range(self.needed):
            start = self.offsets[index]
            count = self.counts[index] if index < len(self.counts) else 0
            part = data[start : start + count] if count else data[start:]
            yield part, self.last if index % self.plane == self.plane - 1 else self.size


def _check_deflated(part: memoryview, size: int, most: int, where: str) -> None:
    """Inflate a part up to its end, where the checksum is, but not for ever."""
    inflater, count = zlib.decompressobj(), 0
    rest: bytes | memoryview = part
    try:
        while not inflater.eof and count <= most:
            more = inflater.decompress(rest, PIECE)
            rest = inflater.unconsumed_tail
            if not more and not rest:
                break
            count += len(more)
    except zlib.error as error:
        raise UnreadableImageError(f"damaged: a strip does not inflate ({error})", where) from error
    if count < size or not inflater.eof:
        text = f"truncated: a strip of {size:,} bytes has no end after {count:,}"
        raise UnreadableImageError(text, where)
