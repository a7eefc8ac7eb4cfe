"""Animations: image files of several pictures, of which a viewer and a training see the first."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from PIL import GifImagePlugin

if TYPE_CHECKING:
    from collections.abc import Callable

_PNG, _GIF = b"\x89PNG", b"GIF8"
_WEBP = re.compile(rb"RIFF....WEBPVP8X....(?P<flags>.)", re.DOTALL)
_AVIF = re.compile(rb"....ftypavis", re.DOTALL)
_MOVES = 0x02  # bit of the flags of a WebP file


def is_animation(head: bytes, whole: Callable[[], bytes]) -> bool:
    """True for a GIF, PNG, WebP or AVIF file that holds more than one picture.

    Args:
        head: The first bytes of a file.
        whole: Gives all of them; asked only of a GIF, which does not say it before the second.
    """
    if head.startswith(_PNG):
        return b"acTL" in head.partition(b"IDAT")[0]
    if webp := _WEBP.match(head):
        return bool(webp["flags"][0] & _MOVES)
    if head.startswith(_GIF):
        return _gif_moves(whole())
    return _AVIF.match(head) is not None


def _gif_moves(content: bytes) -> bool:
    try:
        return bool(GifImagePlugin.GifImageFile(io.BytesIO(content)).is_animated)
    except Exception:  # noqa: BLE001  # a damaged file can raise anything; reading it tells why
        return False
