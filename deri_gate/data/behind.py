"""Files that go on behind the end of their picture, with another one or an archive."""

from __future__ import annotations

import re

GOES_ON = 4  # a bit beside `CLEAR` and `TURNED`
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_PNG_END = b"IEND\xaeB`\x82"
_BEGINS = re.compile(
    rb"\xff\xd8\xff[\xc0-\xfe]|\x89PNG\r\n\x1a\n|GIF8[79]a|PK\x03\x04|RIFF.{4}WEBP"
    rb"|BM.{4}\0{4}.{4}[\x0c\x28\x6c\x7c]\0{3}",
    re.DOTALL,
)
_LISTED = b"MPF\0"  # these pictures are counted by their list, which lies in the first one
_SCAN, _COLOURS = 0xDA, 0x80  # marker of a JPEG's pixels; flag of a GIF's table of colours


def goes_on(content: bytes) -> bool:
    """True for a picture behind whose end another one, or a zip, lies, at once or further on.

    Args:
        content: The whole file.
    """
    end = _end(content)
    if not 0 < end < len(content):
        return False  # as nearly all files are
    return _BEGINS.search(content, end) is not None and _LISTED not in content[:end]


def _end(content: bytes) -> int:
    """Place behind the end of the picture; 0 where it is not known."""
    if content.startswith(_JPEG):
        return _jpeg_end(content)
    if content.startswith(_PNG):
        found = content.find(_PNG_END)
        return found + len(_PNG_END) if found > 0 else 0
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return int.from_bytes(content[4:8], "little") + 8
    if content.startswith(b"BM"):
        return int.from_bytes(content[2:6], "little")
    return _gif_end(content) if content.startswith((b"GIF87a", b"GIF89a")) else 0


def _jpeg_end(content: bytes) -> int:
    """Place behind the first end of a scan; what lies in segments, as thumbnails, is skipped."""
    at = 2
    while content[at : at + 1] == b"\xff" and content[at + 1 : at + 2] != bytes([_SCAN]):
        at += 2 + max(2, int.from_bytes(content[at + 2 : at + 4], "big"))
    end = content.find(b"\xff\xd9", at)
    return end + 2 if end >= 0 else 0


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
