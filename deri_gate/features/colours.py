"""Mean colours of pictures, by which two that are alike in grey can be told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray

NEUTRAL = 128  # code of no colour
GREY = 1  # codes from it that rounding explains
APART = 2.0  # codes that copies of one picture may lie apart, and a part of their strength
SHARE = 0.05
AT_ONCE = 8  # pictures whose pairs a processor's cache holds
FADED = 0.5  # strength of the colours of a copy that is darker or has less contrast


def mean_colours(chroma: npt.NDArray[np.uint8]) -> FloatArray:
    """Mean red and blue less grey of each picture, NaN for grey ones, shape (N, 2).

    Args:
        chroma: Colours in 16 x 16, 128 for none, shape (N, 16, 16, 2).
    """
    colours = chroma.mean(axis=(1, 2)) - NEUTRAL
    strongest = np.maximum(
        chroma.max(axis=(1, 2, 3), initial=0) - float(NEUTRAL),
        NEUTRAL - chroma.min(axis=(1, 2, 3), initial=255).astype(float),
    )
    colours[strongest <= GREY] = np.nan
    return np.asarray(colours)


def colours_agree(left: FloatArray, right: FloatArray) -> BoolArray:
    """True for pairs whose mean colours may be those of one picture, brighter or fainter.

    Grey pictures agree with all, as they may have been made grey.
    """
    lengths = np.linalg.norm(left, axis=1), np.linalg.norm(right, axis=1)
    swap = (lengths[0] < lengths[1])[:, None]
    strong, faint = np.where(swap, right, left), np.where(swap, left, right)
    strength = np.maximum(*lengths)
    share = (strong * faint).sum(axis=1) / np.maximum(strength**2, 1e-9)
    apart = np.linalg.norm(faint - np.clip(share, FADED, 1.0)[:, None] * strong, axis=1)
    return np.asarray(~(apart > APART + SHARE * strength))


def colours_among(colours: FloatArray) -> BoolArray:
    """True for pairs of pictures of like colours, shape (n, n)."""
    count = len(colours)
    agree = np.empty((count, count), dtype=bool)
    for start in range(0, count, AT_ONCE):
        some = colours[start : start + AT_ONCE]
        left, right = np.repeat(some, count, axis=0), np.tile(colours, (len(some), 1))
        agree[start : start + AT_ONCE] = colours_agree(left, right).reshape(len(some), count)
    return agree
