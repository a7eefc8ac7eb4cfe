"""Frames and blank parts of pictures: how wide they are, and how straight they end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray

    Levels = npt.NDArray[np.int16]

ALIKE = 3  # grey levels by which the pixels of a border may differ
# Those of a strip whose edge is looked at may differ by more: a thumbnail rings beside an edge.
RINGING = 8
STEP = 12  # grey levels by which a pixel leaves the strip beside it
AT_ONCE = 4096  # thumbnails that are worked on at once


def border_shares(thumbnails: npt.NDArray[np.uint8]) -> FloatArray:
    """Share of the area that rows and columns of one level take around each thumbnail."""
    levels = thumbnails.astype(np.int16)
    height = levels.shape[1] - _strip(levels, ALIKE) - _strip(levels[:, ::-1], ALIKE)
    across = levels.transpose(0, 2, 1)
    width = across.shape[1] - _strip(across, ALIKE) - _strip(across[:, ::-1], ALIKE)
    inside = np.maximum(height, 0) * np.maximum(width, 0)
    return np.asarray(1 - inside / (levels.shape[1] * levels.shape[2]))


def straight_edges(thumbnails: npt.NDArray[np.uint8]) -> FloatArray:
    """Share of the straightest edge of a plain strip along which the picture begins at once.

    A frame that was drawn, or a part that was blanked, ends in a straight line, and the picture
    begins all along it. Black around a hand or an eye ends where the hand does.

    Args:
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).

    Returns:
        Best of the four sides, 0 to 1, shape (N,); 0 for no strip, and for a picture that is one.
    """
    straightest = np.zeros(len(thumbnails))
    for start in range(0, len(thumbnails), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        for side in _sides(thumbnails[some].astype(np.int16)):
            np.maximum(straightest[some], _edge(side), out=straightest[some])
    return straightest


def _sides(levels: Levels) -> Iterator[Levels]:
    """The pictures, each side of them at the top in turn."""
    for turned in (levels, levels.transpose(0, 2, 1)):
        yield turned
        yield turned[:, ::-1]


def _edge(levels: Levels) -> FloatArray:
    """Share of the columns in which one of the two rows below the strip leaves its level."""
    count, last = _strip(levels, RINGING), levels.shape[1] - 1
    first, pictures = levels[:, :1].mean(axis=2), np.arange(len(levels))
    below = [levels[pictures, np.minimum(count + row, last)] for row in (0, 1)]
    left = np.any([np.abs(row - first) > STEP for row in below], axis=0)
    ends: BoolArray = (count > 0) & (count <= last)
    return np.where(ends, left.mean(axis=1), 0.0)


def _strip(levels: Levels, alike: int) -> IntArray:
    """Number of leading rows of one level, that of the first, in each picture."""
    plain = levels.max(axis=2) - levels.min(axis=2) <= alike
    means = levels.mean(axis=2)
    plain &= np.abs(means - means[:, :1]) <= alike
    return np.asarray(np.cumprod(plain, axis=1).sum(axis=1))
