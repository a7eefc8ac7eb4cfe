"""Signs of handling in pixels: worked by hand, and in the direction of what was done."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deri_gate.data.picture_stack import PictureStack
from deri_gate.features.appearance import APPEARANCE, appearance_of

NAMES = ("interlacing", "present")


def of(*pictures):
    """Signs in pictures of one shape, by name, (N,) each."""
    seen = appearance_of(PictureStack.of(*pictures))
    return {name: getattr(seen, name) for name in NAMES}


@pytest.fixture(scope="module")
def soft():
    """Soft shapes under a little noise, of many levels."""
    rng = np.random.default_rng(4)
    shapes = cv2.GaussianBlur(rng.normal(0, 1, (60, 60)), (0, 0), 4)
    levels = 128 + 30 * shapes / shapes.std() + rng.normal(0, 2, shapes.shape)
    return np.clip(levels.round(), 0, 255).astype(np.uint8)


def test_interlacing_worked_by_hand():
    """Steps of 8 to the next row and none to the next but one; a half is added to both."""
    picture = np.full((6, 5), 100, np.uint8)
    picture[::2] += 8

    assert of(picture)["interlacing"] == pytest.approx(8.5 / 0.5)
    assert of(np.ascontiguousarray(picture.T))["interlacing"] == pytest.approx(8.5 / 0.5)


def test_rows_out_of_place_are_seen(soft):
    moved = soft.copy()
    moved[::2] = np.roll(moved[::2], 4, axis=1)

    assert of(soft)["interlacing"] < 0.9
    assert of(moved)["interlacing"] > 1.5


@pytest.mark.parametrize("step", [32, 64])
def test_levels_between_others_are_missing(soft, step):
    """Few levels leave gaps; a picture that is mostly black and white tells nothing."""
    assert of(soft)["present"] > 0.95
    assert of(soft // step * step + step // 2)["present"] < 0.3
    assert of(np.where(soft > 128, 255, 0).astype(np.uint8))["present"] == 1


def test_each_picture_of_a_stack_has_what_it_has_alone(soft):
    """To the bit, as records are compared."""
    pictures = [soft, soft.T.copy(), 255 - soft]
    together = of(*pictures)

    assert {*NAMES} < {*APPEARANCE}
    for name in NAMES:
        np.testing.assert_array_equal(together[name], [of(one)[name][0] for one in pictures])


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 2), (9, 1)], ids=str)
def test_tiny_pictures_have_numbers(shape):
    found = of(np.full(shape, 90, np.uint8))

    assert all(np.isfinite(values).all() for values in found.values())
