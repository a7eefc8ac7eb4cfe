"""JPEG files of several pictures (MPO), as stereo and burst cameras write them."""

from __future__ import annotations

import io
import re
from itertools import islice
from typing import TYPE_CHECKING, cast

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.MpoImagePlugin import MpoImageFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

START = b"\xff\xd8\xff"
MOST_SEGMENTS = 256  # before the scan
FAR, MOST_GAPS = 2**16, 4  # bytes between two segments, and such places, that are passed over
MOST_LISTED = 64  # pictures of one file: cameras write three
HEADER = 2**18  # bytes in which a picture must have said how large it is
_LISTS_PICTURES = b"\xff\xe2MPF\0"  # begin of the segment, its two bytes of length left out
_GAIN_MAP = (
    b"http://ns.adobe.com/hdr-gain-map/1.0/",
    b"urn:iso:std:iso:ts:21496:-1",
    b"urn:com:apple:photo:2020:aux:hdrgainmap",
)  # by which a phone's second picture says what it is
_LAST = frozenset({0xD9, 0xDA})  # markers of the end, and of the pixels
ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
MARKER = re.compile(rb"\xff[^\0\xff]")
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # markers of how large a picture is
_SHOWN = 9  # bytes of a segment that tell it: marker, length, and a name or a size


def further_pictures(read: Callable[[int, int], bytes], whole: Callable[[], bytes]) -> int:
    """Count the pictures behind the first one of a JPEG file that are as large as it.

    Smaller ones are thumbnails of the first, or say how far away or how bright its parts are.

    Args:
        read: Gives bytes from an offset on: `read(start, size)`.
        whole: Gives all of them; asked of a file that lists several pictures.
    """
    if not lists_pictures(read):
        return 0
    content = whole()
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG",)) as image:
            pictures = _listing(image)
            size = pictures.size
            behind = (content[at : at + HEADER] for at in islice(_places(pictures), 1, None))
            return sum(_is_picture(one, size) for one in behind)
    except Exception:  # noqa: BLE001  # a damaged file can raise anything; reading it tells why
        return 0


def lists_pictures(read: Callable[[int, int], bytes]) -> bool:
    """True for a JPEG that has a list of pictures before its scan.

    Args:
        read: Gives bytes from an offset of it on: `read(start, size)`.
    """
    return any(_name(segment).startswith(_LISTS_PICTURES) for segment in _segments(read))


def listed_pictures(content: bytes) -> int:
    """Number of pictures that a JPEG lists beside its first, 63 at most; 0 without a list."""
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG",)) as image:
            return min(int(_listing(image).n_frames), MOST_LISTED) - 1
    except Exception:  # noqa: BLE001  # a damaged list can raise anything; it names nothing then
        return 0


def pixels_of(read: Callable[[int, int], bytes]) -> int:
    """Number of pixels that a JPEG states before its scan; 0 where it states none.

    Args:
        read: Gives bytes from an offset of it on: `read(start, size)`.
    """
    for segment in _segments(read):
        if segment[1] in FRAMES:
            return int.from_bytes(segment[5:7], "big") * int.from_bytes(segment[7:9], "big")
    return 0


def _listing(image: Image.Image) -> MpoImageFile:
    """The picture as one of several; Pillow opens a photo with a map of light as a single one."""
    if isinstance(image, JpegImageFile) and not isinstance(image, MpoImageFile):
        return MpoImageFile.adopt(image)
    return cast("MpoImageFile", image)


def _segments(read: Callable[[int, int], bytes]) -> Iterator[bytes]:
    """First bytes of each segment before the scan; decoders pass over what lies between them."""
    at, gaps = len(START) - 1, 0
    for _ in range(MOST_SEGMENTS):
        segment = read(at, _SHOWN)
        if not MARKER.match(segment):
            found = MARKER.search(read(at, FAR))
            gaps += 1
            if not found or gaps > MOST_GAPS:
                return
            at += found.start()
            segment = read(at, _SHOWN)
        if segment[1] in _LAST:
            return
        yield segment
        counted = 0 if segment[1] in ALONE else max(2, int.from_bytes(segment[2:4], "big"))
        at += 2 + counted  # the length counts itself


def _name(segment: bytes) -> bytes:
    return segment[:2] + segment[4:]


def _places(image: MpoImageFile) -> Iterator[int]:
    """Offset of each picture in the file."""
    for frame in range(image.n_frames):
        image.seek(frame)
        yield image.tile[0].offset


def _is_picture(content: bytes, size: tuple[int, int]) -> bool:
    """True if a picture is of this size and no gain map, which says how bright its parts are."""
    with JpegImageFile(io.BytesIO(content)) as image:
        is_map = image.mode == "L" and any(
            word in words for _, words in image.applist for word in _GAIN_MAP
        )
        return image.size == size and not is_map
