"""A JPEG holds all of its scan: what a decoder had to invent is no picture."""

from __future__ import annotations

import re

import simplejpeg

from deri_gate.errors import UnreadableImageError

PADDING = 64  # bytes that encoders leave before the end of a JPEG, and no harm in it
_INVENTED = re.compile(
    r"premature end|bad huffman|bad arithmetic|found marker|inconsistent progression",
    re.IGNORECASE,
)
_LEFT_OVER = re.compile(r"(\d+) extraneous bytes before marker 0x([0-9a-f]{2})", re.IGNORECASE)


def check_jpeg(content: bytes, where: str) -> None:
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
        message = str(error)
    else:
        return
    left = _LEFT_OVER.search(message)
    harmless = left and left[2] == "d9" and int(left[1]) <= PADDING
    if _INVENTED.search(message) or (left and not harmless):
        raise UnreadableImageError(f"truncated: {message}", where)
