"""Waves of a part of a picture, by their definition."""

from __future__ import annotations

import numpy as np

from deri_gate.features.waves import FULL, Region, inner, waves_in, waves_of

WINDOWS = (FULL, Region(top=8.0), inner(1.6), Region(left=8.0), Region(3.0, 24.0, 1.6, 30.4))


def by_definition(picture, window):
    """Mean product with each cosine over the pixels, by how much of each is in the window."""
    pixels = np.arange(32)

    def side(low, high, number):
        inside = np.clip(np.minimum(pixels + 1, high) - np.maximum(pixels, low), 0, 1)
        wave = np.cos(np.pi * number * (pixels + 0.5 - low) / (high - low))
        return wave * inside / (high - low) * (np.sqrt(2) if number else 1)

    strengths = np.array(
        [
            [
                side(window.top, window.bottom, down)
                @ picture
                @ side(window.left, window.right, across)
                * (1 - np.exp(-2 * (np.pi * 4.0) ** 2 * (down**2 + across**2) / 64**2))
                for across in range(10)
            ]
            for down in range(10)
        ]
    ).ravel()[1:]
    return strengths / np.linalg.norm(strengths)


def test_waves_are_those_of_the_definition_in_every_window():
    pictures = np.random.default_rng(2).integers(0, 256, (4, 32, 32), dtype=np.uint8)
    waves = waves_in(pictures, WINDOWS)

    assert set(waves) == set(WINDOWS)
    for window in WINDOWS:
        expected = [by_definition(picture.astype(float), window) for picture in pictures]
        np.testing.assert_allclose(waves[window], expected, atol=1e-5)
        np.testing.assert_array_equal(waves[window], waves_of(pictures, window))


def test_flat_pictures_have_no_waves():
    pictures = np.full((3, 32, 32), 90, dtype=np.uint8)
    pictures[1, 5:9, 7:12] = 200
    waves = waves_in(pictures, WINDOWS)[FULL]

    assert waves.any(axis=1).tolist() == [False, True, False]
