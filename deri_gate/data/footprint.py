"""Memory that a picture will take, by its header alone."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from deri_gate.data.picture import LARGE
from deri_gate.errors import UnreadableImageError
from deri_gate.runtime.memory import budget
from deri_gate.runtime.sizes import as_size

if TYPE_CHECKING:
    from PIL import Image

MOST = 1_500_000_000  # bytes a picture may take while it is decoded, on any machine
MEASURING = 64  # bytes a pixel that the metrics of a smaller one take
IN_STRIPS = 13  # bytes a pixel that those of a larger one take: its spectrum, in single precision
_STORED = {"1": 1, "L": 1, "P": 1}  # bytes a pixel in Pillow's memory; all other modes have 4
_CANVAS = {"WEBP": 20, "AVIF": 16, "JPEG2000": 28}  # bytes a pixel that these take until decoded
_PLAIN = (b"P1", b"P2", b"P3")


def claim_for(image: Image.Image, where: str) -> None:
    """Claim the memory for a picture that is opened and not yet decoded.

    Raises:
        UnreadableImageError: If it would take more than one picture may, or than there is.
    """
    claim_size(image.width, image.height, bytes_a_pixel(image), where)


def claim_size(width: int, height: int, a_pixel: int, where: str) -> None:
    """Claim the memory for a picture whose pixels take so many bytes each to decode.

    Raises:
        UnreadableImageError: If it would take more than one picture may, or than there is.
    """
    pixels = width * height
    decoding = pixels * a_pixel
    if decoding > MOST:
        text = f"{width} x {height} pixels take {as_size(decoding)} to decode"
        limit = f"more than the {as_size(MOST)} a picture may take"
        raise UnreadableImageError(f"{text}, {limit}", where)
    budget().claim(max(decoding, measuring(pixels)), where)


def bytes_a_pixel(image: Image.Image) -> int:
    """Peak memory of one pixel while it is decoded."""
    stored = 2 if image.mode.startswith("I;16") else _STORED.get(image.mode, 4)
    shown = 1 if image.mode in {"1", "L", "I", "F"} or image.mode.startswith("I;16") else 3
    decoder = _CANVAS.get(image.format or "", 0)
    if image.format in {"JPEG", "MPO"} and image.info.get("progressive"):
        decoder = stored + 2 * len(image.getbands())  # all coefficients, 16 bits each
    elif image.format == "TIFF":
        decoder = stored + max(1, _bits(image) // 8)  # a strip may be the whole picture
    elif image.format == "PPM" and _start(image) in _PLAIN:
        decoder = stored + 3 * len(image.getbands())
    return max(decoder, stored + shown)


def measuring(pixels: int) -> int:
    """Bytes that measuring a picture of so many pixels takes, the picture among them."""
    return pixels * (MEASURING if pixels <= LARGE else IN_STRIPS)


def _bits(image: Image.Image) -> int:
    stated = getattr(image, "tag_v2", {}).get(258, (8,))  # BitsPerSample
    return sum(bits for bits in stated if isinstance(bits, int))


def _start(image: Image.Image) -> bytes:
    file = getattr(image, "fp", None)
    assert isinstance(file, io.BytesIO)
    return bytes(file.getbuffer()[:2])
