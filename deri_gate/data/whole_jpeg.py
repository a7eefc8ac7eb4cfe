"""A JPEG holds all of its scan: what a decoder had to invent is no picture."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import simplejpeg

from deri_gate.data.limits import MAX_PIXELS, refuse_size
from deri_gate.errors import UnreadableImageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.data.dataset import Picture

MOST_SEGMENTS = 256  # before the scan
PADDING = 64  # bytes that encoders leave before the end of a JPEG, and no harm in it
_INVENTED = re.compile(
    r"premature end|bad huffman|bad arithmetic|found marker|inconsistent progression",
    re.IGNORECASE,
)
_TOO_LARGE = re.compile(r"too small to decode \((\d+), (\d+)")
_VALUES = {"GRAY": 1, "RGB": 3, "CMYK": 4}  # of a pixel
_SPACES = {"L": "GRAY", "RGB": "RGB"}  # by Pillow's mode
_HUFFMAN = frozenset({0xC0, 0xC1, 0xC2})  # frames that every build of the decoder knows
_LOSSLESS = frozenset({0xC3, 0xC7, 0xCB, 0xCF})  # frames that no decoder can scale
AN_EIGHTH = {"min_height": 1, "min_width": 1, "min_factor": 8}
_SCAN, LOST = 0xDA, -1
_START, _TAGS = b"\xff\xd8", frozenset({0xE1, LOST})  # a JPEG; segments of EXIF and XMP, unknown
_OF_KNOWN_LENGTH = frozenset({*range(0xC0, 0xD0), *range(0xDA, 0xF0), 0xFE}) - {0xC8}  # for Pillow
_LEFT_OVER = re.compile(r"(\d+) extraneous bytes before marker 0x([0-9a-f]{2})", re.IGNORECASE)


def whole_jpeg(content: bytes, mode: str) -> Picture | None:
    """Decode a picture and hear the decoder's warnings, of which Pillow says nothing, in one pass.

    The decoder is Pillow's own, built another time: it gives the same pixels.

    Args:
        content: The file.
        mode: Pillow's for it.

    Returns:
        (H, W) or (H, W, 3); None for a file of which there is anything to say, or of another mode.
    """
    if mode not in _SPACES or not _HUFFMAN.intersection(markers(content)):
        return None
    try:
        picture = np.asarray(simplejpeg.decode_jpeg(content, _SPACES[mode]), dtype=np.uint8)
    except ValueError:
        return None
    return picture[..., 0] if mode == "L" else picture


def may_be_tagged(content: bytes) -> bool:
    """False for a JPEG that certainly has no tags; True for any other file."""
    return not content.startswith(_START) or bool(_TAGS.intersection(markers(content)))


def markers(content: bytes) -> Iterator[int]:
    """Markers of the segments up to the first scan; `LOST` where they end in another way.

    A byte that another reader takes for a fill, or for a marker that stands alone, ends them too:
    what seems to be a length behind it would lead past segments that the other one sees.
    """
    at = 2
    for _ in range(MOST_SEGMENTS):
        if len(content) < at + 4 or content[at] != 0xFF:  # noqa: PLR2004  # every marker begins so
            break
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if marker not in _OF_KNOWN_LENGTH or length < 2:  # noqa: PLR2004  # it counts itself
            break
        yield marker
        if marker == _SCAN:
            return
        at += 2 + length
    yield LOST


def check_jpeg(content: bytes, where: str) -> None:
    """Read all of the scan: the decoder warns where data are missing.

    It is read at an eighth of the size, but not where it may be lossless: the decoder gives such a
    picture its whole size even so, and would write far beyond the memory of an eighth.
    """
    lossless = _may_be_lossless(content)
    try:
        space = _read_as(_stored(content), lossless=lossless)
        values = MAX_PIXELS * _VALUES[space]
        room = {"buffer": np.empty(values, np.uint8)} if lossless else AN_EIGHTH
        simplejpeg.decode_jpeg(content, space, fastdct=True, fastupsample=True, **room)
    except ValueError as error:  # a warning, or a kind of JPEG that this decoder does not know
        message = str(error)
        if size := _TOO_LARGE.search(message):  # in a TIFF or DICOM that says less
            refuse_size(int(size[2]), int(size[1]), where)
    else:
        return
    left = _LEFT_OVER.search(message)
    harmless = left and left[2] == "d9" and int(left[1]) <= PADDING
    if _INVENTED.search(message) or (left and not harmless):
        raise UnreadableImageError(f"truncated: {message}", where)


def _may_be_lossless(content: bytes) -> bool:
    """False where the frame is known, and not a lossless one."""
    return any(marker in _LOSSLESS or marker == LOST for marker in markers(content))


def _stored(content: bytes) -> str:
    """Colours that are stored; none where the decoder's header has no name for their sampling."""
    try:
        return str(simplejpeg.decode_jpeg_header(content)[2])
    except KeyError:
        return ""


def _read_as(stored: str, *, lossless: bool) -> str:
    """Colours to ask for: the fewest that the decoder makes of those that are stored."""
    if stored in {"CMYK", "YCCK"}:
        return "CMYK"
    return "RGB" if lossless and stored == "RGB" else "GRAY"
