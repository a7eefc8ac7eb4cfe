"""Corners of pictures beside what lies next to them: a lens, or a flash, leaves them dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.picture import THUMBNAIL

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import FloatArray

# Squared distance from the middle, as a share of that of the corners, from which on a pixel lies in
# a corner, and in the ring that corners are held against.
CORNER, RING = 0.75, 0.45
UNLIT = 8  # levels added to both: black ground has no shade
BATCH = 4096  # thumbnails that are worked on at once


def corner_shades(thumbnails: npt.NDArray[np.uint8]) -> FloatArray:
    """Mean level of the ring over that of the corners, shape (N,); 1 is even, more is darker.

    Args:
        thumbnails: Grey levels, shape (N, 32, 32).
    """
    away = np.square(np.linspace(-1, 1, THUMBNAIL))
    distance = ((away[:, None] + away) / 2).ravel()
    levels = thumbnails.reshape(len(thumbnails), THUMBNAIL**2)
    parts = (distance > RING) & (distance <= CORNER), distance > CORNER
    ring, corners = (_means(levels, part) + UNLIT for part in parts)
    return np.asarray(ring / corners)


def _means(levels: npt.NDArray[np.uint8], part: npt.NDArray[np.bool_]) -> FloatArray:
    starts = range(0, max(1, len(levels)), BATCH)
    return np.concatenate([levels[i : i + BATCH][:, part].mean(axis=1) for i in starts])
