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

    Args:
        left: Mean colours, shape (..., 2).
        right: Those of the others, of a shape that fits.
    """
    strengths = _strength(left[..., 0], left[..., 1]), _strength(right[..., 0], right[..., 1])
    swap, strength = strengths[0] < strengths[1], np.maximum(*strengths)
    both = [(left[..., k], right[..., k]) for k in (0, 1)]
    strong = [np.where(swap, there, here) for here, there in both]
    faint = [np.where(swap, here, there) for here, there in both]
    share = (strong[0] * faint[0] + strong[1] * faint[1]) / np.maximum(strength**2, 1e-9)
    share = np.clip(share, FADED, 1.0)
    apart = _strength(faint[0] - share * strong[0], faint[1] - share * strong[1])
    return np.asarray(~(apart > APART + SHARE * strength))


def _strength(red: FloatArray, blue: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(red * red + blue * blue))


def colours_among(colours: FloatArray) -> BoolArray:
    """True for pairs of pictures of like colours, shape (n, n)."""
    agree = np.ones((len(colours), len(colours)), dtype=bool)
    tinted = np.flatnonzero(~np.isnan(colours).any(axis=1))
    others = colours[tinted][None]
    for start in range(0, len(tinted), AT_ONCE):
        some = tinted[start : start + AT_ONCE]
        agree[some[:, None], tinted] = colours_agree(colours[some, None], others)
    return agree
