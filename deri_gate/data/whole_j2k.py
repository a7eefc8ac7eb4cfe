"""A JPEG 2000 holds each of its tiles: OpenJPEG leaves those that are not there black."""

from __future__ import annotations

import struct

from deri_gate.data.dicom.codestream import CODESTREAM
from deri_gate.errors import UnreadableImageError

_PART = b"\xff\x90"  # of a tile
_END = b"\xff\xd9"
_SIZES = struct.Struct(">8I")  # right, bottom, left, top; of tiles: width, height, left, top
_HEAD = 12  # bytes of a tile part's marker and what it says


def check_j2k(content: bytes, where: str) -> None:
    """Look for a part of each tile that the header declares.

    Raises:
        UnreadableImageError: If there is none of one.
    """
    start = content.find(CODESTREAM)
    if start < 0 or len(content) < start + 8 + _SIZES.size:
        return  # the decoder tells
    right, bottom, _, _, wide, high, left, top = _SIZES.unpack_from(content, start + 8)
    if not wide or not high:
        return
    needed = -(-(right - left) // wide) * -(-(bottom - top) // high)
    tiles = _tiles(content, _first_part(content, start))
    if len(tiles) < needed:
        text = f"truncated: {len(tiles):,} of the {needed:,} tiles of a JPEG 2000"
        raise UnreadableImageError(text, where)


def j2k_end(content: bytes, start: int) -> int:
    """Place behind the mark that ends a codestream; that of the file where no part leads to one.

    Args:
        content: The whole file.
        start: Place of its first marker.
    """
    at = _first_part(content, start)
    while content[at : at + 2] == _PART:
        length = int.from_bytes(content[at + 6 : at + 10], "big")
        if length < _HEAD:  # 0: up to the end
            return len(content)
        at += length
    return at + 2 if content[at : at + 2] == _END else len(content)


def _first_part(content: bytes, start: int) -> int:
    """Position at which the header ends and the first tile begins."""
    at = start + 2
    while at + 4 <= len(content) and content[at : at + 2] != _PART:
        at += 2 + max(2, int.from_bytes(content[at + 2 : at + 4], "big"))
    return at


def _tiles(content: bytes, at: int) -> set[int]:
    """Numbers of the tiles of which there is a part."""
    tiles = set()
    while at + _HEAD <= len(content) and content[at : at + 2] == _PART:
        tile, length = struct.unpack_from(">HI", content, at + 4)
        tiles.add(tile)
        at = at + length if length >= _HEAD else len(content)  # 0: up to the end
    return tiles
