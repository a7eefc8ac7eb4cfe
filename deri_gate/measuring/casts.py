"""Casts of colour: red and blue beside the brightness, and in words how far they moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.runtime.counts import listed

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import FloatArray

NONE = 128  # code of no colour
LEVELS = 2  # grey levels a code
LEAST = 1.0  # grey levels that are named
WAYS = (("redder", "less red"), ("bluer", "less blue"))


def tints(chroma: npt.NDArray[np.uint8]) -> FloatArray:
    """Mean of red and of blue less the brightness of each picture, in grey levels, shape (N, 2).

    Args:
        chroma: Half of both, 128 for none, shape (N, S, S, 2).
    """
    return np.asarray(LEVELS * (chroma.mean(axis=(1, 2)) - NONE))


def cast_in_words(moved: FloatArray) -> str:
    """Words for a change of tint; empty where it is hardly one.

    Such as "redder by 12 and less blue by 5.1 grey levels".

    Args:
        moved: Grey levels of red and of blue, shape (2,).
    """
    said = [
        f"{ways[int(by < 0)]} by {abs(by):.2g}"
        for ways, by in zip(WAYS, moved.tolist(), strict=True)
        if abs(by) >= LEAST
    ]
    return f"{listed(said)} grey levels" if said else ""
