"""Colours of what images show, apart from how bright it is: their distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.measuring.casts import NONE

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import FloatArray

    Chroma = npt.NDArray[np.uint8]

GREY = 1  # codes from it that rounding explains
EDGES = np.arange(64, 193, 2)  # codes at which shares are taken: 4 grey levels apart
CHUNK = 4096  # images at a time


def is_grey(chroma: Chroma) -> bool:
    """True if no picture has a colour."""
    return not len(chroma) or (chroma.min() >= NONE - GREY and chroma.max() <= NONE + GREY)


def colour_rows(chroma: Chroma) -> FloatArray:
    """Shares of each picture below some strengths of red and of blue, shape (N, 130).

    As with grey levels, the sum of absolute differences of two mean rows, times 4, is how far
    red and blue have to move between the mean histograms, in grey levels.

    Args:
        chroma: Half of red and of blue less the brightness, 128 for none, shape (N, S, S, 2).
    """
    rows = np.empty((len(chroma), 2, len(EDGES)), dtype=np.float32)
    for start in range(0, len(chroma), CHUNK):
        some = chroma[start : start + CHUNK]
        codes = some.reshape(len(some), -1, 2).transpose(0, 2, 1).reshape(2 * len(some), -1)
        places = codes + 256 * np.arange(len(codes))[:, None]
        numbers = np.bincount(places.ravel(), minlength=256 * len(codes)).reshape(-1, 256)
        below = np.cumsum(numbers, axis=1)[:, EDGES - 1] / codes.shape[1]
        rows[start : start + CHUNK] = below.reshape(len(some), 2, -1)
    return rows.reshape(len(rows), 2 * len(EDGES))
