"""Colours of what images show, apart from how bright it is: their distribution, and a cast."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.runtime.counts import listed

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import FloatArray

    Chroma = npt.NDArray[np.uint8]

NONE = 128  # code of no colour
GREY = 1  # codes from it that rounding explains
LEVELS = 2  # grey levels a code
EDGES = np.arange(64, 193, 2)  # codes at which shares are taken: 4 grey levels apart
CHUNK = 4096  # images at a time
LEAST = 1.0  # grey levels of a cast that is named
WAYS = (("redder", "less red"), ("bluer", "less blue"))


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


def mean_cast(baseline: Chroma, batch: Chroma) -> str:
    """Words for how the mean colour of a batch differs; empty where it hardly does.

    Such as "redder by 12 and less blue by 5.1 grey levels".
    """
    moved = LEVELS * (batch.mean(axis=(0, 1, 2)) - baseline.mean(axis=(0, 1, 2)))
    said = [
        f"{ways[int(by < 0)]} by {abs(by):.2g}"
        for ways, by in zip(WAYS, moved.tolist(), strict=True)
        if abs(by) >= LEAST
    ]
    return f"{listed(said)} grey levels" if said else ""
