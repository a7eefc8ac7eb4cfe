"""Painted rectangles: worked by hand, wherever they lie, and not what pictures have anyway."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deri_gate.features.painted import painted_shares
from tests.measuring.test_boxes import boxed, soft


@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("place", [(8, 12), (0, 0), (24, 23)], ids=str)
def test_a_painted_rectangle_is_seen_wherever_it_lies(level, place):
    shares = painted_shares(boxed(soft(20), level, place))

    assert (shares == 8 * 9 / 1024).mean() >= (0.7 if level == 128 else 0.9)


@pytest.mark.parametrize("count", [2, 4, 6])
def test_equal_boxes_do_not_hide_each_other(count):
    """As a scan has them over several names."""
    pictures = soft(10, side=64)
    for i in range(count):
        pictures = boxed(pictures, 0, (3 + i % 3 * 20, 5 + i // 3 * 30), (12, 20))

    np.testing.assert_allclose(painted_shares(pictures), count * 12 * 20 / 64**2)


@pytest.mark.parametrize(("sides", "side"), [((4, 5), 28), ((4, 7), 32), ((5, 5), 32)], ids=str)
def test_small_boxes_are_seen(sides, side):
    shares = painted_shares(boxed(soft(10, side=side), 0, (10, 9), sides))

    assert (shares == sides[0] * sides[1] / side**2).mean() >= 0.9


def test_what_is_plain_but_no_painted_rectangle():
    """A disk, a bar from side to side, ground, a box of the level of ground, and one of 3 px."""
    disk, bar, ground, same, small = soft(5)
    cv2.circle(disk, (16, 16), 6, 255, -1)
    bar[10:20] = 0
    ground[:18, :20] = 40
    ground[18:24] = ground[:, 20:] = 40
    same[:14], same[20:28, 6:14] = 250, 250
    small[8:11, 8:30] = 255

    assert not painted_shares(np.stack([*soft(20), disk, bar, ground, same, small])).any()


def test_a_rectangle_that_goes_on_smoothly_is_none():
    """A part of one level, 5 levels beside what is around it."""
    picture = np.full((1, 32, 32), 100, np.uint8)
    picture += np.arange(32, dtype=np.uint8) % 2
    picture[0, 9:17, 8:16] = 105

    assert painted_shares(picture) == 0
    picture[0, 9:17, 8:16] = 130
    assert painted_shares(picture) == 64 / 1024


def test_a_block_of_a_coarse_jpeg_is_none():
    """Eight pixels from a multiple of eight on; so is the last, which the picture cuts off."""
    for left, width in ((8, 8), (24, 4)):
        picture = soft(1, side=28)
        picture[0, 8:16, left : left + width] = 250
        assert painted_shares(picture) == 0
        picture[0, 7:16, left : left + width] = 250
        assert painted_shares(picture) == 9 * width / 28**2


def test_large_pictures_are_looked_at_in_steps():
    """The area of a box to a hundredth, by every fourth pixel of 640 x 480."""
    picture = cv2.resize(soft(1)[0], (640, 480), interpolation=cv2.INTER_CUBIC)
    picture[100:220, 200:360] = 128
    found = painted_shares(picture[None])

    assert found == pytest.approx(120 * 160 / (640 * 480), rel=0.01)


@pytest.mark.parametrize("shape", [(1, 1), (2, 9), (3, 3), (4, 1)], ids=str)
def test_tiny_pictures_have_none(shape):
    assert painted_shares(np.full((2, *shape), 7, np.uint8)).tolist() == [0, 0]
