"""A decoded picture as a small WebP file: pixels alone, nothing of the file it came from."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray
    from deri_gate.data.dataset import Picture

SIDE = 256  # px of the longer side at most; smaller pictures keep their size
QUALITY = 66
FAINTEST, STRONGEST = 0.05, 0.6  # share of the heat's colour where it is least and greatest


@dataclass(frozen=True, kw_only=True)
class Thumbnail:
    """A small picture.

    Attributes:
        content: WebP file.
        width: In pixels.
        height: In pixels.
    """

    content: bytes
    width: int
    height: int

    @property
    def address(self) -> str:
        """The picture as a data URL."""
        return f"data:image/webp;base64,{base64.b64encode(self.content).decode()}"

    @property
    def size(self) -> int:
        """Bytes that it takes in a page."""
        return len(self.address)


def thumbnail_of(picture: Picture, heat: FloatArray | None = None) -> Thumbnail:
    """Shrink a picture and encode it.

    Args:
        picture: (H, W) grey or (H, W, 3) RGB, uint8.
        heat: Explanation to lay over it, 0 or more, on a square grid that spans the picture.
    """
    small = _shrunk(picture)
    if heat is not None:
        small = _heated(small, heat)
    file = io.BytesIO()
    Image.fromarray(small).convert("RGB").save(file, "WEBP", quality=QUALITY, method=4)
    return Thumbnail(content=file.getvalue(), width=small.shape[1], height=small.shape[0])


def _shrunk(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    if scale == 1:
        return picture
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _heated(picture: Picture, heat: FloatArray) -> Picture:
    """The picture in grey, coloured where heat is."""
    height, width = picture.shape[:2]
    if max(height, width) < SIDE // 2:  # the heat's cells would be a few pixels each
        factor = SIDE // 2 / max(height, width)
        size = max(1, round(width * factor)), max(1, round(height * factor))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_NEAREST))
        height, width = picture.shape[:2]
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)  # noqa: PLR2004
    share = np.nan_to_num(heat / heat.max()) if heat.max() > 0 else np.zeros_like(heat)
    wide = cv2.resize(share.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    levels = np.round(255 * wide.clip(0, 1)).astype(np.uint8)
    colours = cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    part = (FAINTEST + (STRONGEST - FAINTEST) * wide.clip(0, 1))[..., None]
    return np.asarray(np.round((1 - part) * grey[..., None] + part * colours), dtype=np.uint8)
