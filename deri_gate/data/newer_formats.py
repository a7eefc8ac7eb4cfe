"""Formats that only some installations decode: AVIF, JPEG 2000 and HEIC."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PIL import features
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile

if TYPE_CHECKING:
    import io
    from collections.abc import Callable

    from PIL import ImageFile

    Opener = Callable[[io.BytesIO], ImageFile.ImageFile]

_AVIF = re.compile(rb"....ftyp(?:avi[fs]|(?:mif1|msf1).{4}(?:.{4}){0,6}?avi[fs])", re.DOTALL)
_HEIC = re.compile(rb"....ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)", re.DOTALL)
_JPEG_2000 = re.compile(rb"\0\0\0\x0cjP {2}\r\n\x87\n|\xff\x4f\xff\x51")


def opener_of(content: bytes) -> Opener | None:
    """Pillow's class for a file in one of these formats; None where none is installed.

    Args:
        content: The file, or its first bytes.
    """
    if _JPEG_2000.match(content) and features.check("jpg_2000"):
        return Jpeg2KImageFile
    if _AVIF.match(content):
        return _avif()
    return _heic() if _HEIC.match(content) else None


def _avif() -> Opener | None:
    try:
        from PIL.AvifImagePlugin import AvifImageFile  # noqa: PLC0415  # not in every Pillow
    except ImportError:
        return None
    return AvifImageFile if features.check("avif") else None


def _heic() -> Opener | None:
    try:
        from pillow_heif.as_plugin import HeifImageFile  # noqa: PLC0415  # an extra
    except ImportError:
        return None
    opener: Opener = HeifImageFile
    return opener
