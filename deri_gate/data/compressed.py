"""Number of bytes of a compressed picture, where pictures that differ have different ones."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from deri_gate.data.whole_png import PNG_SAMPLES, SIGNATURE, png_chunks, sole_data

if TYPE_CHECKING:
    from deri_gate.data.dataset import Loaded

# Not JPEG 2000, whose encoders meet a rate that they are given, nor TIFF, which most often is raw.
_ALWAYS = re.compile(
    rb"\xff\xd8\xff|GIF8[79]a|RIFF....WEBP|....ftyp(?:avi|hei|hev|mif1|msf1)", re.DOTALL
)
_HEADER = struct.Struct(">4sIIBB")  # its name, width, height, bits, kind of colour
_HEADER_AT = 12
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
    packed = _is_packed_png(raw) if raw.startswith(SIGNATURE) else _ALWAYS.match(raw)
    return len(raw) if packed else 0


def _is_packed_png(raw: bytes) -> bool:
    """True for a PNG whose pixels take less than they would uncompressed."""
    if len(raw) < _HEADER_AT + _HEADER.size:
        return False
    name, width, height, bits, colour = _HEADER.unpack_from(raw, _HEADER_AT)
    if name != b"IHDR" or colour not in PNG_SAMPLES:
        return False
    a_row = 1 + (width * bits * PNG_SAMPLES[colour] + 7) // 8
    packed = sole_data(raw) or sum(size for kind, _, size in png_chunks(raw) if kind == b"IDAT")
    return bool(packed < _SAVED * height * a_row)
