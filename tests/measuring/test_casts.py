"""Casts of colour that are known."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.measuring.casts import COLOURS, TONES, in_words, tints, tones


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

    assert in_words(moved, COLOURS) == said


def test_a_tint_is_red_and_blue_less_the_brightness() -> None:
    """Half a picture red by 20 levels, all of it less blue by 6; a picture without colour."""
    chroma = np.full((2, 16, 16, 2), 128, np.uint8)
    chroma[0, :8, :, 0], chroma[0, :, :, 1] = 138, 125

    assert tints(chroma).tolist() == [[10, -6], [0, 0]]


def test_a_tone_is_the_mean_and_the_spread(monkeypatch) -> None:
    """Half black, half 100: a mean of 50, a spread of 50. By NumPy, a few pictures at a time."""
    halves = np.zeros((1, 32, 32), np.uint8)
    halves[:, :16] = 100
    pictures = np.random.default_rng(0).integers(0, 256, (9, 32, 32)).astype(np.uint8)
    monkeypatch.setattr("deri_gate.measuring.casts.CHUNK", 4)
    by_numpy = np.stack([pictures.mean((1, 2)), pictures.std((1, 2))], axis=1)

    assert tones(halves).tolist() == [[50, 50]]
    assert tones(pictures) == pytest.approx(by_numpy, rel=1e-5)
    assert in_words(np.array([112.3, 0.0]), TONES) == "brighter by 112 grey levels"
    assert in_words(np.array([-17.2, 3.0]), TONES) == (
        "darker by 17 and of more contrast by 3 grey levels"
    )
