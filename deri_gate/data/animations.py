"""Animations: image files of several pictures, of which a viewer and a training see the first."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from PIL import GifImagePlugin

from deri_gate.data.whole_png import SIGNATURE, png_chunks

if TYPE_CHECKING:
    from collections.abc import Callable

_GIF = b"GIF8"
_WEBP = re.compile(rb"RIFF....WEBPVP8X....(?P<flags>.)", re.DOTALL)
_SEQUENCE = re.compile(rb"....ftyp(?:avis|hev[cx]|msf1)", re.DOTALL)  # AVIF and HEIC
_MOVES = 0x02  # bit of the flags of a WebP file


def is_animation(head: bytes, whole: Callable[[], bytes]) -> bool:
    """True for a GIF, PNG, WebP, AVIF or HEIC file that holds more than one picture.

    Args:
        head: The first bytes of a file.
        whole: Gives all of them; asked of a GIF, which does not say it before the second picture,
            and of a PNG that has long words before its pixels.
    """
    if head.startswith(SIGNATURE):
        pictures = _pictures_of_png(head)
        return (pictures or _pictures_of_png(whole()) or 1) > 1
    if webp := _WEBP.match(head):
        return bool(webp["flags"][0] & _MOVES)
    if head.startswith(_GIF):
        return _gif_moves(whole())
    return _SEQUENCE.match(head) is not None


def _pictures_of_png(content: bytes) -> int | None:
    """Number of pictures that stands before the pixels, 1 for none; None if they do not come."""
    for kind, start, _ in png_chunks(content):
        if kind == b"IDAT":
            return 1
        if kind == b"acTL" and len(content) >= start + 4:
            return int.from_bytes(content[start : start + 4])
    return None


def _gif_moves(content: bytes) -> bool:
    try:
        return bool(GifImagePlugin.GifImageFile(io.BytesIO(content)).is_animated)
    except Exception:  # noqa: BLE001  # a damaged file can raise anything; reading it tells why
        return False
