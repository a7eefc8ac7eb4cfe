"""What every later step makes of a decoded picture: grey levels, thumbnail, network input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from deri_gate.dataset import Picture

THUMBNAIL = 32  # side in pixels; the size from which imagehash.phash takes its spectrum


def grey(picture: Picture) -> Picture:
    """Luma of a picture, shape (H, W), uint8 (ITU-R BT.601, as OpenCV and Pillow have it)."""
    if picture.ndim == 2:  # noqa: PLR2004
        return picture
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def thumbnail(picture: Picture) -> Picture:
    """The picture in 32 x 32 grey levels, pixel for pixel what imagehash.phash starts from."""
    small = (
        Image.fromarray(picture)
        .convert("L")
        .resize((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    )
    return np.asarray(small)


def model_input(picture: Picture, size: int) -> Picture:
    """The picture as a network takes it: RGB, size x size, uint8, its aspect not kept.

    Shrinking averages over areas, so that fine detail does not alias; enlarging is bicubic.
    """
    height, width = picture.shape[:2]
    shrinks = height * width > size * size
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    resized = cv2.resize(picture, (size, size), interpolation=method)
    coloured = cv2.cvtColor(resized, cv2.COLOR_GRAY2RGB) if resized.ndim == 2 else resized  # noqa: PLR2004
    return np.asarray(coloured, dtype=np.uint8)
