"""Colours and grey levels of pictures in two numbers each, and in words how far they moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.runtime.counts import listed
from deri_gate.runtime.figures import number

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import FloatArray

NONE = 128  # code of no colour
LEVELS = 2  # grey levels a code
LEAST = 1.0  # grey levels that are named
COLOURS = (("redder", "less red"), ("bluer", "less blue"))
TONES = (("brighter", "darker"), ("of more contrast", "of less contrast"))
CHUNK = 4096  # pictures at a time


def tints(chroma: npt.NDArray[np.uint8]) -> FloatArray:
    """Mean of red and of blue less the brightness of each picture, in grey levels, shape (N, 2).

    Args:
        chroma: Half of both, 128 for none, shape (N, S, S, 2).
    """
    return np.asarray(LEVELS * (chroma.mean(axis=(1, 2)) - NONE))


def tones(thumbnails: npt.NDArray[np.uint8]) -> FloatArray:
    """Mean and standard deviation of the grey levels of each picture, shape (N, 2).

    Args:
        thumbnails: Grey levels, shape (N, S, S).
    """
    found = np.empty((len(thumbnails), 2))
    for start in range(0, len(thumbnails), CHUNK):
        some = thumbnails[start : start + CHUNK].astype(np.float32)
        found[start : start + CHUNK] = np.stack([some.mean((1, 2)), some.std((1, 2))], axis=1)
    return found


def in_words(moved: FloatArray, ways: tuple[tuple[str, str], ...]) -> str:
    """Words for how far two numbers moved; empty where they hardly did.

    Such as "redder by 12 and less blue by 5.1 grey levels".

    Args:
        moved: Grey levels of each, shape (2,).
        ways: Words for more and for less of each: `COLOURS` or `TONES`.
    """
    said = [
        f"{words[int(by < 0)]} by {number(abs(by), 2)}"
        for words, by in zip(ways, moved.tolist(), strict=True)
        if abs(by) >= LEAST
    ]
    return f"{listed(said)} grey levels" if said else ""
