"""Local features of pictures: brightness, its steps, texture and colour, place by place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from deri_gate.arrays import FloatArray

    Codes = npt.NDArray[np.uint8]

BINS = 128  # of a local feature's values


@dataclass(frozen=True, kw_only=True)
class LocalFeature:
    """Local feature of all images, as whole numbers from 0 to 127.

    Attributes:
        name: For people.
        codes: Shape (N, G, G).
        reach: Cells over which a sharp line is crossed.
        local: Whether nothing but the place itself has a say in it.
        plain: Whether it is the brightness itself, not a difference to what lies beside.
        rises: Whether only high values can be a mark: a flat place is the lack of a subject.
    """

    name: str
    codes: Codes
    reach: int
    local: bool = False
    plain: bool = False
    rises: bool = False


def local_features(thumbnails: Codes, chroma: Codes) -> Iterator[LocalFeature]:
    """All local features, one after another.

    Args:
        thumbnails: Grey levels, shape (N, 32, 32).
        chroma: Colours, shape (N, 16, 16, 2).
    """
    levels = thumbnails.astype(np.float32)
    dark = thumbnails // np.uint8(2)
    yield LocalFeature(name="brightness", codes=dark, reach=2, local=True, plain=True)
    across, down = np.zeros_like(levels), np.zeros_like(levels)
    across[:, :, 1:], down[:, 1:] = np.diff(levels, axis=2), np.diff(levels, axis=1)
    yield LocalFeature(name="a step in brightness", codes=_signed(across), reach=2, local=True)
    yield LocalFeature(name="a step in brightness", codes=_signed(down), reach=2, local=True)
    mean = _mean(levels, 3)
    spread = np.sqrt(np.maximum(_mean(levels * levels, 3) - mean * mean, 0))
    yield LocalFeature(name="texture", codes=_signed(spread), reach=2, local=True, rises=True)
    yield LocalFeature(name="brightness", codes=_signed(mean - _mean(levels, 9)), reach=2)
    for channel in (0, 1):
        colour = 2 * (chroma[..., channel].astype(np.float32) - 128)
        yield LocalFeature(name="colour", codes=_signed(colour - _mean(colour, 5)), reach=1)
    red = _mean(2 * (chroma[..., 0].astype(np.float32) - 128), 3)
    across, down = np.zeros_like(red), np.zeros_like(red)
    across[:, :, 2:], down[:, 2:] = red[:, :, 2:] - red[:, :, :-2], red[:, 2:] - red[:, :-2]
    yield LocalFeature(name="a step in colour", codes=_signed(across), reach=2)
    yield LocalFeature(name="a step in colour", codes=_signed(down), reach=2)


def _mean(values: FloatArray, side: int) -> FloatArray:
    """Mean over a square around each place, picture by picture."""
    means = [cv2.blur(channel, (side, side), borderType=cv2.BORDER_REFLECT) for channel in values]
    return np.asarray(means).reshape(values.shape)


def _signed(values: FloatArray) -> Codes:
    """Differences as 128 codes, finest near 0, where most lie."""
    root = np.sign(values) * np.sqrt(np.abs(values))
    return np.asarray(np.clip(np.round(64 + 3.9 * root), 0, BINS - 1), dtype=np.uint8)
