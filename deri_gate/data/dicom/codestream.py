"""Size of a compressed picture as its own first bytes declare it: JPEG, JPEG-LS, JPEG 2000."""

from __future__ import annotations

import struct

_FRAME_MARKERS = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}  # SOF0-15, SOF55
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length
CODESTREAM = b"\xff\x4f\xff\x51"  # JPEG 2000: its start, then its size


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height; None where the bytes are none of these, such as run lengths."""
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    start = data[:512].find(CODESTREAM)  # JP2 boxes may come before it
    if start >= 0 and len(data) >= start + 24:
        right, bottom, left, top = struct.unpack_from(">4I", data, start + 8)
        return right - left, bottom - top
    return None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:  # noqa: PLR2004  # every marker begins so
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # noqa: PLR2004  # a fill byte
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker in _FRAME_MARKERS:
            height, width = struct.unpack_from(">2H", data, at + 5)
            return width, height
        else:
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return None
