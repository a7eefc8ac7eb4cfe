"""Check that a file holds its whole picture, so that a decoder invents nothing.

Decoders go on where data are missing or damaged, and fill the rest with grey or with what came
before. Most say so somewhere where nobody listens.
"""

from __future__ import annotations

import re

from deri_gate.data.whole_j2k import check_j2k
from deri_gate.data.whole_jpeg import check_jpeg
from deri_gate.data.whole_png import SIGNATURE, check_png
from deri_gate.errors import UnreadableImageError

ZEROS = 256  # at the end of a compressed file: a download that was given its length in advance
HEADER = 2**16  # bytes in which a PNM file must have said how large it is

_JPEG_2000 = re.compile(rb"\0\0\0\x0cjP {2}|\xff\x4f\xff\x51")
_REMARK = rb"#[^\r\n]*[\r\n]"
# A word as Pillow reads it: a remark may stand before it, behind it, and even inside.
_WORD = (
    rb"(?:[ \t\r\n\x0b\x0c]|" + _REMARK + rb")*"
    rb"[^ \t\r\n\x0b\x0c#](?:[^ \t\r\n\x0b\x0c#]|" + _REMARK + rb")*[ \t\r\n\x0b\x0c]"
)
_IS_PNM = re.compile(rb"P[1-6]\s")
_PNM = re.compile(  # up to the end of what is text; a plain one is text as a whole
    rb"P[1-4]\s" + _WORD * 2 + rb"|P[56]\s" + _WORD * 3
)
_PLAIN = (b"P1", b"P2", b"P3")
_COMMENT = re.compile(rb"#[^\r\n]*[\r\n]?")


def refuse_incomplete(content: bytes, where: str) -> None:
    """Refuse a file that lacks data of its picture, or holds damaged ones.

    Args:
        content: The whole file; in formats without a check here the decoder itself must say.
        where: The image's id, for the message.

    Raises:
        UnreadableImageError: With the reason, which begins with "truncated" or "damaged".
    """
    if content.startswith(SIGNATURE):
        check_png(content, where)
    elif content.startswith(b"\xff\xd8"):
        check_jpeg(content, where)
    elif _JPEG_2000.match(content):
        check_j2k(content, where)
    elif content.startswith(b"RIFF") or _last_box(content) == b"mdat":  # WebP; AVIF and HEIC
        _check_end(content, where)


def without_comments(content: bytes, where: str) -> bytes:
    """A PNM file without its comments, any other file as it is.

    Pillow copies up to a megabyte for each comment, and reads those of the header byte by byte: a
    file of them would hold up a judge for hours.

    Args:
        content: The whole file.
        where: The image's id, for the message.

    Raises:
        UnreadableImageError: If the header does not say how large the picture is.
    """
    if not _IS_PNM.match(content):
        return content
    header = _PNM.match(content[:HEADER])
    if header is None:
        raise UnreadableImageError("damaged: no size in the first 64 KiB of its header", where)
    end = len(content) if content[:2] in _PLAIN else header.end()
    if content.find(b"#", 0, end) < 0:
        return content  # not copied: it may be as large as memory allows
    return b"".join((_COMMENT.sub(b"", content[:end]), memoryview(content)[end:]))


def _check_end(content: bytes, where: str) -> None:
    """Arithmetic decoders make a picture of zeros too, so the zeros are looked for."""
    zeros = len(content) - len(content.rstrip(b"\0"))
    if zeros >= max(ZEROS, len(content) // 64):
        raise UnreadableImageError(f"truncated: its last {zeros} bytes are zeros", where)


def _last_box(content: bytes) -> bytes:
    """The kind of the last box of an ISO file, b"" for any other file."""
    at, kind = 0, b""
    while content[4:8] == b"ftyp" and at + 8 <= len(content):
        size, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        if size == 1:
            size = int.from_bytes(content[at + 8 : at + 16], "big")
        at = at + size if size >= 8 else len(content)  # noqa: PLR2004  # a box has a header
    return kind
