"""Effective resolution: what a picture could be shrunk to, whatever its number of pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.fft import dctn, idctn

from deri_gate.metrics.resolution import METRIC, paper_resolution, resolution
from tests.sweeps import randomly


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.uint8)


@pytest.mark.parametrize("shape", [(1, 1), (40, 30), (40, 30, 3)])
def test_a_constant_picture_needs_one_pixel(shape):
    """No contrast to hold."""
    assert resolution(np.full(shape, 200, np.uint8)) == 1.0


@pytest.mark.parametrize("shape", [(64, 64), (50, 120)])
def test_white_noise_needs_nearly_every_pixel(shape):
    """Its energy is even: 99 % of it lies within the square root of 99 % of either axis."""
    height, width = shape

    assert resolution(noise(*shape)) == pytest.approx(np.sqrt(0.99 * height * width), rel=0.01)


def test_enlarging_adds_nothing():
    """Noise enlarged twofold by padding its spectrum needs as many pixels as before: half."""
    small = np.random.default_rng(0).normal(128, 20, (64, 64)).round()
    spectrum = np.zeros((128, 128))
    spectrum[:64, :64] = 2 * dctn(small, norm="ortho")
    enlarged = idctn(spectrum, norm="ortho").round()

    assert resolution(enlarged.astype(np.uint8)) == pytest.approx(
        resolution(small.astype(np.uint8)), rel=0.01
    )


@pytest.mark.parametrize("method", [cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4])
def test_usual_enlarging_adds_little(method):
    """Their kernels leak: a picture enlarged twofold stays below two thirds of its pixels."""
    enlarged = cv2.resize(noise(64, 64), (128, 128), interpolation=method)

    assert 0.5 * 128 <= resolution(enlarged) <= 0.67 * 128


def test_a_cosine_worked_by_hand():
    """One basis function of the transform: frequency 8 of 32 needs 9 of 32 lines, at most."""
    wave = np.cos(np.pi * (np.arange(32) + 0.5) * 8 / 32)
    picture = np.tile(128 + 100 * wave, (32, 1)).round().astype(np.uint8)

    assert 8 <= resolution(picture) <= 9


@pytest.mark.parametrize("name", ["camera", "coins", "astronaut", "cat", "grass", "text"])
def test_falls_when_shrunk_and_enlarged_again(photos, name):
    """The damage it is there to see, and that width times height does not, step by step."""
    picture = photos[name]
    height, width = picture.shape[:2]
    values = [resolution(picture)]
    for factor in (2, 4, 8):
        small = cv2.resize(
            picture, (width // factor, height // factor), interpolation=cv2.INTER_AREA
        )
        back = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
        values.append(resolution(back))
        assert paper_resolution(back) == paper_resolution(picture)

    assert np.all(np.diff(values) < 0)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1), st.booleans())
@randomly(60)
def test_is_between_one_and_what_is_there(height, width, seed, colour):
    """A picture cannot need more pixels than it has, nor fewer than one."""
    generator = np.random.default_rng(seed)
    shape = (height, width, 3) if colour else (height, width)
    picture = generator.integers(0, generator.integers(1, 257), shape).astype(np.uint8)

    assert 1.0 <= resolution(picture) <= np.sqrt(height * width) + 1e-9


def test_contrast_and_brightness_do_not_matter():
    """It is the shape of the spectrum that counts."""
    picture = noise(40, 60) // 4

    assert resolution(picture * 2 + 17) == pytest.approx(resolution(picture), rel=1e-6)


@pytest.mark.parametrize("width", [511, 512, 513, 1024])
def test_agrees_with_a_spectrum_in_double_precision(width):
    """Whatever the rows: the share of both axes up to which 99 % lie, to a line of 256."""
    picture = cv2.blur(noise(90, width), (3, 3))
    energy = dctn(picture.astype(float), norm="ortho") ** 2
    energy[0, 0] = 0.0
    shares = np.maximum.outer(np.arange(1, 91) / 90, np.arange(1, width + 1) / width).ravel()
    order = np.argsort(shares)
    held = np.cumsum(energy.ravel()[order])
    share = shares[order][np.searchsorted(held, 0.99 * held[-1])]

    assert resolution(picture) / np.sqrt(90 * width) == pytest.approx(share, abs=1.5 / 90)


def test_turning_does_not_matter(photos):
    """Rows and columns count alike."""
    picture = photos["coins"]

    assert resolution(np.ascontiguousarray(picture.T)) == pytest.approx(
        resolution(picture), rel=1e-5
    )


def test_the_paper_definition_is_the_side():
    """Square root of width times height, of grey and colour."""
    assert paper_resolution(np.zeros((4, 9), np.uint8)) == 6.0
    assert paper_resolution(np.zeros((4, 9, 3), np.uint8)) == 6.0
    assert METRIC.paper.of_image is paper_resolution
