"""Steps and peaks of single pixels: held against plain loops, and in the direction of damage."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy import ndimage

from deri_gate.data.picture_stack import PictureStack
from deri_gate.features.appearance import APPEARANCE, appearance_of
from deri_gate.features.finest_detail import ORDERS, SPIKES, fine_steps, peaks

NAMES = ("steps", "peaks", "spikes")


@pytest.fixture
def noise():
    return np.random.default_rng(3).integers(0, 256, (5, 40, 31)).astype(np.uint8)


def test_steps_are_mean_differences_of_neighbours(noise):
    """Held against NumPy, picture by picture, down and along."""
    found = fine_steps(noise)

    for picture, steps in zip(noise.astype(int), found, strict=True):
        for axis in (0, 1):
            own = [np.abs(np.diff(picture, order, axis=axis)).mean() for order in ORDERS]
            np.testing.assert_allclose(steps[axis], own, rtol=1e-12)


def test_peaks_are_pixels_beyond_all_around_them(noise):
    """Held against the filters of SciPy; of 1,102 inner pixels the third counts."""
    around = np.ones((3, 3), dtype=bool)
    around[1, 1] = False
    shares, spikes = peaks(noise)

    for picture, share, spike in zip(noise.astype(int), shares, spikes, strict=True):
        above = picture - ndimage.maximum_filter(picture, footprint=around)
        below = ndimage.minimum_filter(picture, footprint=around) - picture
        excess = np.maximum(above, below)[1:-1, 1:-1]
        assert share == pytest.approx((excess > 0).mean())
        assert spike == np.sort(excess.ravel())[-round(SPIKES * excess.size)]


def test_a_single_bright_pixel_is_a_peak():
    """One of 36 inner pixels, 60 levels above all; a step of the ground is none."""
    picture = np.full((8, 8), 90, np.uint8)
    picture[:, 4:] = 120
    picture[3, 6] = 180

    assert [value.tolist() for value in peaks(picture[None])] == [[1 / 36], [60]]


@pytest.mark.parametrize(
    ("damage", "name", "times"),
    [
        (lambda p: cv2.GaussianBlur(p, (0, 0), 0.7), "fine", 0.7),
        (lambda p: cv2.blur(p, (5, 1)), "along", 0.7),
        (lambda p: cv2.medianBlur(p, 3), "peaks", 0.5),
    ],
    ids=["blur", "motion", "median"],
)
def test_slight_damage_moves_its_own_measure(photos, damage, name, times):
    """By a third at least: fourth differences, second ones along the motion, and peaks."""

    def seen(picture):
        found = appearance_of(PictureStack.of(picture))
        steps = found.steps[0]
        return {
            "fine": (steps[:, 2] / steps[:, 1]).min(),
            "along": steps[1, 1] / steps[1, 0],
            "peaks": found.peaks[0],
        }[name]

    assert seen(damage(photos["camera"])) < times * seen(photos["camera"])


def test_pictures_of_a_stack_have_what_they_have_alone(noise):
    """To the bit, as records are compared."""
    together = appearance_of(PictureStack.of(*noise))

    assert {*NAMES} < {*APPEARANCE}
    for name in NAMES:
        alone = [getattr(appearance_of(PictureStack.of(one)), name)[0] for one in noise]
        np.testing.assert_array_equal(getattr(together, name), alone)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 2), (9, 1), (4, 4)], ids=str)
def test_tiny_pictures_have_none(shape):
    level = np.full((2, *shape), 90, np.uint8)

    assert not fine_steps(level).any()
    assert [value.tolist() for value in peaks(level)] == [[0, 0], [0, 0]]
