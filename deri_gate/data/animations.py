"""Animations: image files of several pictures, of which a viewer and a training see the first."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from PIL import GifImagePlugin

if TYPE_CHECKING:
    from collections.abc import Callable

_PNG, _GIF = b"\x89PNG\r\n\x1a\n", b"GIF8"
_WEBP = re.compile(rb"RIFF....WEBPVP8X....(?P<flags>.)", re.DOTALL)
_AVIF = re.compile(rb"....ftypavis", re.DOTALL)
_MOVES = 0x02  # bit of the flags of a WebP file


def is_animation(head: bytes, whole: Callable[[], bytes]) -> bool:
    """True for a GIF, PNG, WebP or AVIF file that holds more than one picture.

    Args:
        head: The first bytes of a file.
        whole: Gives all of them; asked of a GIF, which does not say it before the second picture,
            and of a PNG that has long words before its pixels.
    """
    if head.startswith(_PNG):
        pictures = _pictures_of_png(head)
        return (pictures or _pictures_of_png(whole()) or 1) > 1
    if webp := _WEBP.match(head):
        return bool(webp["flags"][0] & _MOVES)
    if head.startswith(_GIF):
        return _gif_moves(whole())
    return _AVIF.match(head) is not None


def _pictures_of_png(content: bytes) -> int | None:
    """Number of pictures that stands before the pixels, 1 for none; None if they do not come."""
    at = len(_PNG)
    while len(content) >= at + 12:
        size, name = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        if name == b"IDAT":
            return 1
        if name == b"acTL":
            return int.from_bytes(content[at + 8 : at + 12])
        at += size + 12  # its length, name and checksum take twelve bytes
    return None


def _gif_moves(content: bytes) -> bool:
    try:
        return bool(GifImagePlugin.GifImageFile(io.BytesIO(content)).is_animated)
    except Exception:  # noqa: BLE001  # a damaged file can raise anything; reading it tells why
        return False
