"""Whether a file holds all of its picture: what a decoder had to invent is no picture.

Decoders go on where data are missing or damaged, and fill the rest with grey or with what came
before. Most say so somewhere where nobody listens.
"""

from __future__ import annotations

import re
import zlib

import simplejpeg

from deri_gate.errors import UnreadableImageError

PADDING = 64  # bytes that encoders leave before the end of a JPEG, and no harm in it
ZEROS = 256  # at the end of a compressed file: a download that was given its length in advance
HEADER = 2**16  # bytes in which a PNM file must have said how large it is

_PNG, _PNG_PARTS = b"\x89PNG\r\n\x1a\n", 12  # bytes of a chunk beside its data
_INVENTED = re.compile(
    r"premature end|bad huffman|bad arithmetic|found marker|inconsistent progression",
    re.IGNORECASE,
)
_LEFT_OVER = re.compile(r"(\d+) extraneous bytes before marker 0x([0-9a-f]{2})", re.IGNORECASE)
_GAP = rb"(?:[ \t\r\n\x0b\x0c]|#[^\r\n]*[\r\n])+"
_PNM = re.compile(rb"P[1-6]" + _GAP + rb"\d+" + _GAP + rb"\d+" + _GAP)


def refuse_incomplete(content: bytes, where: str) -> None:
    """Refuse a file that lacks data of its picture, or holds damaged ones.

    Args:
        content: The whole file; in formats without a check here the decoder itself must say.
        where: The image's id, for the message.

    Raises:
        UnreadableImageError: With the reason, which begins with "truncated" or "damaged".
    """
    if content.startswith(_PNG):
        _check_png(content, where)
    elif content.startswith(b"\xff\xd8"):
        _check_jpeg(content, where)
    elif content.startswith(b"RIFF") or _last_box(content) == b"mdat":  # WebP; AVIF and HEIC
        _check_end(content, where)
    elif re.match(rb"P[1-6]\s", content) and not _PNM.match(content[:HEADER]):
        raise UnreadableImageError("damaged: no size in the first 64 KiB of its header", where)


def _check_png(content: bytes, where: str) -> None:
    """Walk over the chunks: those that make the picture have a checksum that fits."""
    at, data = len(_PNG), memoryview(content)
    while at + _PNG_PARTS <= len(content):
        length, kind = int.from_bytes(data[at : at + 4], "big"), bytes(data[at + 4 : at + 8])
        end = at + _PNG_PARTS + length
        if end > len(content):
            break
        makes_picture = kind[:1].isupper() or kind == b"tRNS"
        stated = int.from_bytes(data[end - 4 : end], "big")
        if makes_picture and zlib.crc32(data[at + 4 : end - 4]) != stated:
            name = kind.decode("ascii", "backslashreplace")
            raise UnreadableImageError(f"damaged: the checksum of its {name} is wrong", where)
        if kind == b"IEND":
            return
        at = end
    raise UnreadableImageError("truncated: the PNG has no end", where)


def _check_jpeg(content: bytes, where: str) -> None:
    """Read all of the scan, at an eighth of the size: the decoder warns where data are missing."""
    try:
        space = simplejpeg.decode_jpeg_header(content)[2]
        simplejpeg.decode_jpeg(
            content,
            "CMYK" if space in {"CMYK", "YCCK"} else "GRAY",
            fastdct=True,
            fastupsample=True,
            min_height=1,
            min_width=1,
            min_factor=8,
        )
    except ValueError as error:  # a warning, or a kind of JPEG that this decoder does not know
        said = str(error)
    else:
        return
    left = _LEFT_OVER.search(said)
    harmless = left and left[2] == "d9" and int(left[1]) <= PADDING
    if _INVENTED.search(said) or (left and not harmless):
        raise UnreadableImageError(f"truncated: {said}", where)


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
