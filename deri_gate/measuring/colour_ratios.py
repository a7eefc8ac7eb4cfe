"""Ratios of the colours of pictures, in which a colour cast shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import FloatArray

# Red and blue over green, of the mean of each colour and of its brightest pixels.
RATIOS = ("mean_red", "mean_blue", "brightest_red", "brightest_blue")
UNIT_OF_RATIOS = 0.1  # of their logarithms
BRIGHTEST = 0.05  # share of the pixels
DIM = 8  # levels added before ratios are taken: black pixels have no colour
SOME = 4096  # pictures that are worked on at once


def colour_ratios(thumbnails: npt.NDArray[np.uint8], chroma: npt.NDArray[np.uint8]) -> FloatArray:
    """Red and blue over green, of the mean of each colour and of its brightest, shape (N, 4).

    Args:
        thumbnails: Grey levels, shape (N, 32, 32).
        chroma: Their colours, shape (N, 16, 16, 2).
    """
    starts = range(0, max(1, len(chroma)), SOME)
    some = (slice(start, start + SOME) for start in starts)
    return np.concatenate([_colour_ratios(thumbnails[own], chroma[own]) for own in some])


def _colour_ratios(thumbnails: npt.NDArray[np.uint8], chroma: npt.NDArray[np.uint8]) -> FloatArray:
    count, side = chroma.shape[:2]
    grey = thumbnails.reshape(count, side, 2, side, 2).mean(axis=(2, 4))
    red, blue = (grey + 2 * (chroma[..., colour] - 128.0) for colour in (0, 1))
    green = (grey - 0.299 * red - 0.114 * blue) / 0.587
    levels = np.clip([red, green, blue], 0, 255).reshape(3, count, side**2)
    few = round(BRIGHTEST * side**2)
    brightest = np.partition(levels, -few, axis=2)[..., -few:]
    both = (np.log(part.mean(axis=2) + DIM) for part in (levels, brightest))
    ratios = [part[colour] - part[1] for part in both for colour in (0, 2)]
    return np.column_stack(ratios) / UNIT_OF_RATIOS
