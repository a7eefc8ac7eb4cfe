"""Animations: image files of several pictures, of which a viewer and a training see the first."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from PIL import GifImagePlugin

from deri_gate.data.behind import gif_blocks
from deri_gate.data.frames import MAX_FRAMES
from deri_gate.data.whole_png import SIGNATURE, png_chunks

if TYPE_CHECKING:
    from collections.abc import Callable

_GIF = b"GIF8"
_WEBP = re.compile(rb"RIFF....WEBPVP8X....(?P<flags>.)", re.DOTALL)
_SEQUENCE = re.compile(rb"....ftyp(?:avis|hev[cx]|msf1)", re.DOTALL)  # AVIF and HEIC
_SAMPLES = re.compile(rb"stsz\0{4}.{4}(?P<count>.{4})", re.DOTALL)  # of each of their tracks
_MOVES = 0x02  # bit of the flags of a WebP file
_SIMPLEST = 2  # pictures of an animation of which no more is known


def pictures_in(head: bytes, whole: Callable[[], bytes]) -> int:
    """Number of pictures of a GIF, PNG, WebP, AVIF or HEIC file that moves; 1 for any other file.

    Where the file is an animation and its pictures cannot be counted, there are two at least.

    Args:
        head: The first bytes of a file.
        whole: Gives all of them; asked of a GIF, which does not say it before the second picture,
            of a PNG that has long words before its pixels, and of what moves.
    """
    if head.startswith(SIGNATURE):
        return _pictures_of_png(head) or _pictures_of_png(whole()) or 1
    if webp := _WEBP.match(head):
        moves = webp["flags"][0] & _MOVES
        return max(_SIMPLEST, _pictures_of_webp(whole())) if moves else 1
    if head.startswith(_GIF):
        content = whole()
        return max(_SIMPLEST, _pictures_of_gif(content)) if _gif_moves(content) else 1
    return max(_SIMPLEST, _longest_track(whole())) if _SEQUENCE.match(head) else 1


def _pictures_of_png(content: bytes) -> int | None:
    """Number of pictures that stands before the pixels, 1 for none; None if they do not come."""
    for kind, start, _ in png_chunks(content):
        if kind == b"IDAT":
            return 1
        if kind == b"acTL" and len(content) >= start + 4:
            return max(1, min(MAX_FRAMES, int.from_bytes(content[start : start + 4])))
    return None


def _pictures_of_webp(content: bytes) -> int:
    at, count = 12, 0
    while at + 8 <= len(content) and count < MAX_FRAMES:
        count += content.startswith(b"ANMF", at)
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
    return count


def _pictures_of_gif(content: bytes) -> int:
    return min(MAX_FRAMES, sum(content[at] == ord(",") for at in gif_blocks(content)))


def _longest_track(content: bytes) -> int:
    """Samples of the longest track; beside the pictures there may be one of how clear they are."""
    counts = (int.from_bytes(found["count"]) for found in _SAMPLES.finditer(content))
    return min(MAX_FRAMES, max(counts, default=0))


def _gif_moves(content: bytes) -> bool:
    try:
        return bool(GifImagePlugin.GifImageFile(io.BytesIO(content)).is_animated)
    except Exception:  # noqa: BLE001  # a damaged file can raise anything; reading it tells why
        return False
