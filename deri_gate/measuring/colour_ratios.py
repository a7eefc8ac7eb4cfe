"""Ratios of the colours of pictures, in which a colour cast shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray

# Red and blue over green, of the mean of each colour and of its brightest pixels.
RATIOS = ("mean_red", "mean_blue", "brightest_red", "brightest_blue")
UNIT_OF_RATIOS = 0.1  # of their logarithms
BRIGHTEST = 0.05  # share of the pixels
NO_COLOUR = 128  # level of both colours where there is none
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
    rows = thumbnails[:, ::2].astype(np.uint16) + thumbnails[:, 1::2]
    grey = (rows[:, :, ::2] + rows[:, :, 1::2]) / 4  # exact, and faster than a mean
    red, blue = (grey + 2 * (chroma[..., colour] - float(NO_COLOUR)) for colour in (0, 1))
    of_red = _levels(red)
    of_green = _levels((grey - 0.299 * red - 0.114 * blue) / 0.587)
    of_blue, coloured = of_red.copy(), are_coloured(chroma)
    of_blue[:, coloured] = _levels(blue[coloured])
    ratios = of_red - of_green, of_blue - of_green
    return np.stack(ratios, axis=1).reshape(len(RATIOS), len(grey)).T / UNIT_OF_RATIOS


def are_coloured(chroma: npt.NDArray[np.uint8]) -> BoolArray:
    """True for pictures of which any part has a colour, shape (N,)."""
    return np.asarray((chroma != NO_COLOUR).any(axis=(1, 2, 3)))


def _levels(colour: FloatArray) -> FloatArray:
    """Mean of a colour and of its brightest parts in each picture, as logarithms, shape (2, N)."""
    levels = np.clip(colour, 0, 255).reshape(len(colour), colour.shape[1] ** 2)
    few = round(BRIGHTEST * levels.shape[1])
    brightest = np.partition(levels, -few, axis=1)[:, -few:]
    return np.log([part.mean(axis=1) + DIM for part in (levels, brightest)])
