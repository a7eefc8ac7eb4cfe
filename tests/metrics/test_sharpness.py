"""Sharpness: falls with blur, and is not taken in by grain."""

from __future__ import annotations

import tracemalloc

import cv2
import numpy as np
import pytest
from scipy.ndimage import laplace, median_filter

from deri_gate.data.picture_stack import PictureStack
from deri_gate.metrics.sharpness import (
    COMMON,
    METRIC,
    averaged,
    paper_sharpness,
    sharpness,
    sharpness_of,
)

REAL = ["camera", "coins", "astronaut", "cat", "coffee"]
SIDES = (224, 64, 28)


def at(picture, side):
    return cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)


def with_noise(picture, sigma):
    noise = np.random.default_rng(0).normal(0, sigma, picture.shape)
    return np.clip(picture + noise, 0, 255).round().astype(np.uint8)


@pytest.mark.parametrize("shape", [(9, 7), (9, 7, 3), (1, 1), (2, 1), (1, 1, 3)])
def test_a_constant_picture_has_none(shape):
    """No edge, no sharpness, down to a single pixel."""
    picture = np.full(shape, 93, np.uint8)

    assert sharpness(picture) == paper_sharpness(picture) == 0.0


def test_the_paper_definition_worked_by_hand():
    """A white pixel on black: the Laplacian is -4, 1, 1, 1, 1 times 255, else 0."""
    picture = np.zeros((5, 5), np.uint8)
    picture[2, 2] = 255

    assert paper_sharpness(picture) == pytest.approx(255**2 * 20 / 25, rel=1e-12)


def test_a_single_hot_pixel_is_not_sharpness():
    """What the paper's definition takes for an edge, the median filter takes away."""
    picture = np.zeros((5, 5), np.uint8)
    picture[2, 2] = 255

    assert sharpness(picture) == 0.0


@pytest.mark.parametrize("name", ["camera", "coins"])
def test_agrees_with_scipy(photos, name):
    """SciPy has filters of its own; only the outermost pixels see another border."""
    picture = photos[name]
    small = at(picture, 28)
    middle = median_filter(small, size=3, mode="nearest").astype(float)

    assert paper_sharpness(picture) == pytest.approx(
        laplace(picture.astype(float), mode="mirror").var(), rel=1e-9
    )
    assert sharpness(small) == pytest.approx(laplace(middle, mode="mirror").var(), rel=1e-9)


@pytest.mark.parametrize("shape", [(28, 28), (5, 3), (9, 1), (1, 9), (13, 60)], ids=str)
def test_many_pictures_agree_with_scipy(shape):
    """No pixel of one is in the median of another, wherever they lie."""
    stack = np.random.default_rng(3).integers(0, 256, (20, *shape)).astype(np.uint8)
    quiet = [median_filter(one, size=3, mode="nearest").astype(float) for one in stack]
    expected = [laplace(one, mode="mirror").var() for one in quiet]

    np.testing.assert_allclose(sharpness_of(PictureStack(stack)), expected, rtol=1e-9)


@pytest.mark.parametrize("name", REAL)
def test_the_same_picture_is_as_sharp_in_a_small_file_as_in_a_large_one(photos, name):
    """At 224, 64 and 28 px within a fifth, where the paper's words move fourfold and more."""
    ours, plain = (
        [definition(at(photos[name], side)) for side in SIDES]
        for definition in (sharpness, paper_sharpness)
    )

    assert max(ours) < 1.2 * min(ours)
    assert max(plain) > 2 * min(plain)


@pytest.mark.parametrize("shape", [(300, 3), (3, 300), (2000, 1)])
def test_long_and_thin_pictures_are_measured(shape):
    """However few pixels are left across."""
    picture = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)

    assert sharpness(picture) >= 0


@pytest.mark.parametrize(
    "shape", [(512, 512), (513, 257), (1030, 77), (91, 900), (558, 451), (252, 602), (504, 504)]
)
def test_large_pictures_are_averaged_in_lanes_to_the_same_bits(shape):
    """Sides that are multiples of the small ones among them, of which OpenCV adds otherwise."""
    levels = np.random.default_rng(shape[1]).integers(0, 256, shape, dtype=np.uint8)
    scale = COMMON / np.sqrt(levels.size)
    size = round(shape[1] * scale), round(shape[0] * scale)
    expected = cv2.resize(levels, size, interpolation=cv2.INTER_AREA)

    assert np.array_equal(averaged(levels, size), expected)


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("definition", [sharpness, paper_sharpness])
def test_falls_as_blur_grows(photos, name, definition):
    """The damage it is there to see, step by step."""
    picture = at(photos[name], 32)
    values = [definition(cv2.GaussianBlur(picture, (0, 0), s)) for s in (0.6, 1.0, 2.0)]

    assert definition(picture) > values[0] > values[1] > values[2]


@pytest.mark.parametrize("name", ["camera", "coins", "cat"])
def test_noise_is_hardly_taken_for_sharpness(photos, name):
    """Noise of sigma 8 adds 20 * 64 to the plain variance, and a small part of that to ours."""
    clean = photos[name][:200, :200]
    noisy = with_noise(clean, 8)
    colour_damps = 1.0 if clean.ndim == 2 else np.sum(np.square([0.299, 0.587, 0.114]))
    ours = sharpness(noisy) - sharpness(clean)
    plain = paper_sharpness(noisy) - paper_sharpness(clean)

    assert plain == pytest.approx(20 * 64 * colour_damps, rel=0.15)
    assert abs(ours) < 0.25 * plain


def test_grey_in_three_channels_is_grey(photos):
    """How a grey picture was stored does not matter."""
    picture = photos["camera"]

    assert sharpness(np.stack([picture] * 3, axis=2)) == sharpness(picture)


def test_turning_and_mirroring_do_not_matter(photos):
    """The filters know no direction."""
    picture = photos["coins"]

    for turned in (picture.T, picture[::-1], picture[:, ::-1]):
        assert sharpness(np.ascontiguousarray(turned)) == pytest.approx(sharpness(picture))


def test_profiles_have_their_definitions():
    """The paper profile measures the paper's words."""
    assert METRIC.of_image is sharpness
    assert METRIC.paper.of_image is paper_sharpness


def test_a_picture_of_many_pixels_takes_no_memory_besides():
    """Four lanes take nine bytes a pixel: a bomb of 169 megapixels took 1.5 GB for them."""
    levels = np.zeros((4_200, 4_001), dtype=np.uint8)
    tracemalloc.start()
    averaged(levels, (28, 29))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert most < levels.size / 10
