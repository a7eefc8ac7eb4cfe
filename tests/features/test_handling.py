"""Signs of handling in pixels: worked by hand, and in the direction of what was done."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deri_gate.data.picture_stack import PictureStack
from deri_gate.features.appearance import APPEARANCE, appearance_of

NAMES = ("interlacing", "uneven", "painted")


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


def test_uneven_levels_worked_by_hand():
    """Levels 10 to 19 occur 4 and 16 times in turn, so roots are 2 and 4.

    Second differences are 4 from level 11 to 18, and 2, 0, 6, 4, 0 at 9, 10, 19, 20, 21. Of these
    13 the levels within two have five pixels and more; 20 are added to both numbers.
    """
    levels = np.repeat(np.arange(10, 20), [4, 16] * 5).astype(np.uint8)

    assert of(levels.reshape(10, 10))["uneven"] == pytest.approx((44 + 20) / (13 + 20))


def curve(picture, power):
    """The picture with its levels bent."""
    return np.rint(255 * (picture / 255.0) ** power).astype(np.uint8)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(lambda p: curve(p, 2), id="gamma of 2"),
        pytest.param(lambda p: curve(p, 0.4), id="gamma of .4"),
        pytest.param(lambda p: np.rint(128 + 1.6 * (p - 128.0)).clip(0, 255), id="stretched"),
        pytest.param(lambda p: np.rint(p * 0.6), id="pressed together"),
        pytest.param(lambda p: p // 32 * 32 + 16, id="eight levels"),
    ],
)
def test_changed_levels_are_uneven(soft, changed):
    """As they came, inverted and moved, levels are as even as by chance; of colours one by one.

    A picture that is mostly black and white tells nothing.
    """
    hurt = changed(soft).astype(np.uint8)
    colours = np.stack([soft, soft.T, 255 - soft], axis=-1)
    one = colours.copy()
    one[..., 2] = changed(one[..., 2])

    assert of(np.where(soft > 128, 255, soft // 160).astype(np.uint8))["uneven"] == 1
    assert max(of(p)["uneven"] for p in (soft, 255 - soft, soft + 20, colours)) < 1.3
    assert of(hurt)["uneven"] > 1.4 * of(soft)["uneven"]
    assert of(one)["uneven"] > 1.1 * of(colours)["uneven"]


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
