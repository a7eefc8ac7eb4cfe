"""Measures of whole pictures: by hand, and in the direction of the damage."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import scipy

from deri_gate.data.picture_stack import PictureStack
from deri_gate.features.appearance import APPEARANCE, appearance_of


def seen(picture):
    """Measures of one picture."""
    measures = appearance_of(PictureStack.of(picture))
    return SimpleNamespace(**{name: getattr(measures, name)[0] for name in APPEARANCE})


def test_a_picture_of_one_level_is_flat_and_without_detail():
    """Black or white, as it is; a frame of a pixel is not seen, so nothing else differs."""
    black, white = (seen(np.full((20, 30, 3), level, np.uint8)) for level in (0, 255))

    np.testing.assert_allclose([black.detail, white.detail], 0, atol=1e-4)
    assert (black.flat, black.black, black.white) == (1.0, 1.0, 0.0)
    assert (white.flat, white.black, white.white) == (1.0, 0.0, 1.0)


def test_shares_worked_by_hand():
    """Left half black, right half white: of 3 x 3 pixels with both neighbours, 2 columns are flat."""
    picture = np.zeros((4, 4), np.uint8)
    picture[:, 2:] = 255
    found = seen(picture)

    assert (found.black, found.white) == (0.5, 0.5)
    assert found.flat == pytest.approx(2 / 3)


@pytest.mark.parametrize("turned", [False, True], ids=["rows", "columns"])
def test_lines_worked_by_hand(turned):
    """Every other line is 40 levels lighter, pixels aside: each is 40 from the mean of its two."""
    picture = np.full((12, 20), 100, np.uint8)
    picture[::2] += 40
    picture[:, ::2] += 8  # the other way round a fifth of it, which does not count
    found = seen(np.ascontiguousarray(picture.T) if turned else picture)

    assert found.lines == pytest.approx(40)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (2, 2), (40, 1), (64, 48)], ids=str)
def test_lines_are_second_differences_of_means(shape):
    """By NumPy's own convolution; 0 where no line lies between two others."""
    levels = np.random.default_rng(2).integers(0, 256, shape).astype(np.uint8)
    means = [levels.mean(axis=1), levels.mean(axis=0)]
    apart = [np.convolve(one, (-0.5, 1, -0.5), "valid") for one in means if len(one) > 2]
    expected = max([np.sqrt(np.square(one).mean()) for one in apart], default=0)

    assert seen(levels).lines == pytest.approx(expected)


def test_white_noise_loses_what_a_blur_of_one_pixel_takes():
    """The kernel's own arithmetic: sigma times the norm of the unit impulse less the kernel."""
    levels = np.clip(128 + 20 * np.random.default_rng(0).standard_normal((400, 400)), 0, 255)
    kernel = np.outer(*[cv2.getGaussianKernel(5, 1.0).ravel()] * 2)
    kernel = -kernel
    kernel[2, 2] += 1
    found = seen(levels.astype(np.uint8))

    assert found.detail[0] == pytest.approx(20 * np.sqrt((kernel**2).sum()), rel=0.02)


@pytest.mark.parametrize("shape", [(9, 12), (70, 81)], ids=str)
def test_detail_is_what_a_blur_takes(shape):
    """At each scale by SciPy, in double precision."""
    levels = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
    left, expected = levels.astype(float), []
    for _ in range(3):
        sharp = left
        left = scipy.ndimage.gaussian_filter(sharp, 1.0, radius=2, mode="mirror")
        expected.append(np.sqrt(np.square(sharp - left).mean()) if min(sharp.shape) >= 4 else 0)
        left = left[::2, ::2]

    np.testing.assert_allclose(seen(levels).detail, expected, rtol=1e-5)


def test_blur_takes_fine_detail_first(photos):
    """Of a photograph: most at its own scale, least at a quarter of it."""
    picture = photos[next(iter(photos))]
    before = np.array(seen(picture).detail)
    after = np.array(seen(cv2.GaussianBlur(picture, (0, 0), 1.5)).detail)
    left = after / before

    assert left[0] < 0.5
    assert left[0] < left[1] < left[2]


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (3, 3, 3), (7, 5)])
def test_tiny_pictures_have_measures(shape):
    """Finite ones, and no detail at scales with too few pixels."""
    found = seen(np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8))

    assert np.isfinite([*found.detail, found.flat, found.black, found.white]).all()
    assert found.detail[2] == 0.0
