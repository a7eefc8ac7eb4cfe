"""Number of bytes of a compressed picture, where pictures that differ have different ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deri_gate.data.whole_png import PNG_SAMPLES, png_chunks, sole_data

if TYPE_CHECKING:
    from deri_gate.data.dataset import Loaded

# Not JPEG 2000, whose encoders meet a rate that they are given, nor TIFF, which most often is raw.
_ALWAYS = re.compile(
    rb"\xff\xd8\xff|GIF8[79]a|RIFF....WEBP|....ftyp(?:avi|hei|hev|mif1|msf1)", re.DOTALL
)
_PNG = re.compile(rb"\x89PNG\r\n\x1a\n....IHDR(.{8})(.)([\0\2\3\4\6])", re.DOTALL)
_SAVED = 0.9  # of the raw size: what is larger was stored rather than compressed
_LEAST = 28 * 28  # pixels: files of smaller ones have few lengths to choose from


def compressed_size(content: Loaded, *, pixels: int) -> int:
    """Bytes of a file whose length depends on what it shows; 0 for any other.

    A stored picture (BMP, an array, PNG without compression or of noise, which cannot be
    compressed) has the length that its width and height give it.

    Args:
        content: The undecoded image.
        pixels: Width by height of its picture.
    """
    raw = getattr(content, "content", None)  # frames of one file have no length of their own
    if not isinstance(raw, bytes) or pixels < _LEAST:
        return 0
    return len(raw) if _ALWAYS.match(raw) or _is_packed_png(raw) else 0


def _is_packed_png(raw: bytes) -> bool:
    """True for a PNG whose pixels take less than they would uncompressed."""
    header = _PNG.match(raw)
    if header is None:
        return False
    width, height = (int.from_bytes(header[1][i : i + 4], "big") for i in (0, 4))
    a_row = 1 + (width * header[2][0] * PNG_SAMPLES[header[3][0]] + 7) // 8
    packed = sole_data(raw) or sum(size for kind, _, size in png_chunks(raw) if kind == b"IDAT")
    return packed < _SAVED * height * a_row
