"""Dark corners: worked by hand, and told of few images among others without them."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.measuring.corners import UNLIT, corner_shades
from tests.measuring.test_colour_casts import kinds_of
from tests.measuring.test_slight_damage import COUNT, SIDE, textured
from tests.scripts import benchmark

NEARLY = 0.9  # part of the light, of which the sign is two thirds of what is asked, or more


@pytest.fixture(scope="module")
def bench():
    pytest.importorskip("mlxtend")
    return benchmark("suspects")


def shaded(picture: np.ndarray, part: float = 1.0) -> np.ndarray:
    """The picture as a lens shows it that takes this part of their light from the corners."""
    away = np.square(np.linspace(-1, 1, SIDE))
    return (picture * (1 - part * (away[:, None] + away) / 2)).astype(np.uint8)


def test_shades_worked_by_hand():
    """Even pictures have 1, also black ones; of 100 beside 40, eight more each, it is 108 / 48."""
    even = np.stack([np.full((32, 32), level, np.uint8) for level in (0, 100)])
    dark = even[1].copy()
    for down, across in np.ndindex(32, 32):
        if (down - 15.5) ** 2 + (across - 15.5) ** 2 > 0.75 * 2 * 15.5**2:
            dark[down, across] = 40

    assert corner_shades(even).tolist() == [1, 1]
    assert corner_shades(dark[None]) == pytest.approx((100 + UNLIT) / (40 + UNLIT))
    assert corner_shades(even[:0]).shape == (0,)


def test_blocks_change_no_shade(monkeypatch):
    shown = np.random.default_rng(0).integers(0, 256, (7, 32, 32)).astype(np.uint8)
    whole = corner_shades(shown)
    monkeypatch.setattr("deri_gate.measuring.corners.BATCH", 3)

    np.testing.assert_array_equal(corner_shades(shown), whole)


def test_dark_corners_of_few_images_are_told(bench):
    pictures = textured(1)
    pictures[:4] = [shaded(picture) for picture in pictures[:4]]

    assert kinds_of(bench, pictures) == ["dark_corners"] * 4 + [""] * (COUNT - 4)


def test_corners_that_many_images_have_are_no_damage(bench):
    """A third of the images are of another lens."""
    pictures = textured(1)
    pictures[:33] = [shaded(picture) for picture in pictures[:33]]

    assert not any(kinds_of(bench, pictures))


@pytest.mark.parametrize(("nearly", "told"), [(1, True), (2, False)])
def test_corners_that_some_images_have_nearly_are_how_some_are(bench, nearly, told):
    """Some moles show the rim of the lens, others a little of it. One of the set is as near by itself."""
    pictures = textured(1)
    for i in range(4 + nearly):
        pictures[i] = shaded(pictures[i], 1.0 if i < 4 else NEARLY)

    found = kinds_of(bench, pictures)

    assert [kind == "dark_corners" for kind in found[:4]] == [told] * 4
    assert not any(found[4 + nearly :])
