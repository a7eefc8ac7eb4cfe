"""Formats that only some installations decode: AVIF, JPEG 2000 and HEIC."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

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


def further_in_heic(head: bytes, whole: Callable[[], bytes]) -> int:
    """Count the pictures of a HEIC file beside the one shown that are as large as it.

    Thumbnails, maps of depth or of light, and the tiles of a large picture are none. Without the
    extra that decodes HEIC the file is unreadable, which is told by itself.

    Args:
        head: The first bytes of a file.
        whole: Gives all of them.
    """
    if not _HEIC.match(head) or _AVIF.match(head):
        return 0
    heif = _heif()
    if heif is None:
        return 0
    try:
        file = heif.open_heif(whole())
        sizes = [image.size for image in file]
        return sizes.count(sizes[file.primary_index]) - 1
    except Exception:  # noqa: BLE001  # a damaged file can raise anything; reading it tells why
        return 0


def _avif() -> Opener | None:
    try:
        from PIL.AvifImagePlugin import AvifImageFile  # noqa: PLC0415  # not in every Pillow
    except ImportError:
        return None
    return AvifImageFile if features.check("avif") else None


def _heic() -> Opener | None:
    heif = _heif()
    return None if heif is None else heif.HeifImageFile


def _heif() -> Any:
    try:
        import pillow_heif  # noqa: PLC0415  # an extra
    except ImportError:
        return None
    return pillow_heif
