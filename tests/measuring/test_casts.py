"""Casts of colour that are known."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.measuring.casts import cast_in_words, tints


@pytest.mark.parametrize(
    ("red", "blue", "said"),
    [
        (12, 0, "redder by 12 grey levels"),
        (-12, 8, "less red by 12 and bluer by 8 grey levels"),
        (0, -6, "less blue by 6 grey levels"),
        (0, 0, ""),
    ],
)
def test_a_cast_is_told_in_words(red, blue, said) -> None:
    base = np.random.default_rng(3).integers(90, 160, (20, 16, 16, 2)).astype(np.uint8)
    cast = (base + np.array([red // 2, blue // 2])).astype(np.uint8)
    moved = tints(cast).mean(axis=0) - tints(base).mean(axis=0)

    assert cast_in_words(moved) == said


def test_a_tint_is_red_and_blue_less_the_brightness() -> None:
    """Half a picture red by 20 levels, all of it less blue by 6; a picture without colour."""
    chroma = np.full((2, 16, 16, 2), 128, np.uint8)
    chroma[0, :8, :, 0], chroma[0, :, :, 1] = 138, 125

    assert tints(chroma).tolist() == [[10, -6], [0, 0]]
