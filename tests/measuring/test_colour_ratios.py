"""Ratios of colours: of a picture they are the same, whatever pictures are beside it."""

from __future__ import annotations

import numpy as np

from deri_gate.measuring.colour_ratios import BRIGHTEST, DIM, UNIT_OF_RATIOS, colour_ratios


def ratios_of(thumbnail, chroma) -> list[float]:
    """The definition, part by part of one picture."""
    colours = {"red": [], "green": [], "blue": []}
    for y in range(16):
        for x in range(16):
            grey = thumbnail[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].astype(float).mean()
            red, blue = (grey + 2 * (float(level) - 128) for level in chroma[y, x])
            green = (grey - 0.299 * red - 0.114 * blue) / 0.587
            for name, level in (("red", red), ("green", green), ("blue", blue)):
                colours[name].append(min(max(level, 0), 255))
    few = round(BRIGHTEST * 256)
    means = {name: np.mean(levels) + DIM for name, levels in colours.items()}
    brightest = {name: np.mean(sorted(levels)[-few:]) + DIM for name, levels in colours.items()}
    return [
        float(np.log(part[name] / part["green"])) / UNIT_OF_RATIOS
        for part in (means, brightest)
        for name in ("red", "blue")
    ]


def test_grey_and_coloured_pictures_side_by_side():
    """Grey ones take a shorter way, to the same bits as alone."""
    rng = np.random.default_rng(0)
    thumbnails = rng.integers(0, 256, (9, 32, 32), dtype=np.uint8)
    chroma = rng.integers(60, 200, (9, 16, 16, 2), dtype=np.uint8)
    chroma[::2] = 128
    found = colour_ratios(thumbnails, chroma)

    np.testing.assert_allclose(found, [*map(ratios_of, thumbnails, chroma)], atol=1e-9)
    for i in range(9):
        assert (colour_ratios(thumbnails[i : i + 1], chroma[i : i + 1])[0] == found[i]).all()
    assert colour_ratios(thumbnails[:0], chroma[:0]).shape == (0, 4)
