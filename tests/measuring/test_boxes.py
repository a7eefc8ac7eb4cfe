"""Burnt-in boxes of thumbnails, and images told by one sign."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deri_gate.measuring.boxes import box_shares
from deri_gate.measuring.typical_damage import NAMED_DAMAGES
from tests.scripts import benchmark

COUNT = 80


@pytest.fixture(scope="module")
def bench():
    return benchmark("suspects")


def soft(count=COUNT, side=32, contrast=35):
    """Soft shapes under a little noise."""
    rng = np.random.default_rng(3)
    shapes = [cv2.GaussianBlur(rng.normal(0, 1, (side, side)), (0, 0), 4) for _ in range(count)]
    levels = [125 + contrast * s / s.std() + rng.normal(0, 2, s.shape) for s in shapes]
    return np.clip(np.round(levels), 0, 255).astype(np.uint8)


def boxed(pictures, level=255, place=(8, 12), sides=(8, 9)):
    """The pictures with a box."""
    found, (top, left), (height, width) = pictures.copy(), place, sides
    found[:, top : top + height, left : left + width] = level
    return found


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("place", [(8, 12), (0, 0), (20, 0)], ids=str)
def test_a_box_is_seen_wherever_it_lies(level, place):
    """To a pixel on each side; in its own part of the area."""
    shares = box_shares(boxed(soft(), level, place))

    assert (shares > 0).mean() > 0.9
    assert np.median(shares) == pytest.approx(8 * 9 / 1024, rel=0.3)


def test_soft_shapes_disks_and_frames_are_no_boxes():
    disk, frame = (np.full((32, 32), 20, np.uint8) for _ in range(2))
    cv2.circle(disk, (16, 16), 9, 230, -1)
    frame[4:-4, 4:-4] = soft(1)[0][4:-4, 4:-4]

    assert not box_shares(np.stack([*soft(), disk, frame])).any()


def test_a_box_of_a_level_that_the_picture_has_anyway_is_none():
    """White on black ground half of which is white, too."""
    picture = np.zeros((1, 32, 32), np.uint8)
    picture[0, 18:] = 255
    picture[0, 4:12, 4:12] = 255

    assert box_shares(picture) == 0


@pytest.mark.parametrize(
    ("planted", "kind"),
    [
        ("white box", "box"),
        ("grey box", "box"),
        ("shifted rows", "noisy"),
        ("few_levels, eight", "few_levels"),
    ],
)
def test_images_with_a_sign_are_named_and_no_other(bench, planted, kind):
    """No box, and no row out of place, was before."""
    rng, pictures = np.random.default_rng(1), [*soft()]
    pictures[:4] = [bench.FURTHER[planted](one, i, rng) for i, one in enumerate(pictures[:4])]
    named = named_of(bench, pictures)

    assert set(named) <= {0, 1, 2, 3}
    assert len(named) >= 3
    assert kind in named.values()


def test_what_a_fifth_of_the_set_has_is_how_it_is(bench):
    """Burnt-in marks are usual then."""
    rng, pictures = np.random.default_rng(1), [*soft()]
    pictures[:16] = [bench.FURTHER["white box"](one, i, rng) for i, one in enumerate(pictures[:16])]

    assert "box" not in named_of(bench, pictures).values()


def named_of(bench, pictures):
    """Kinds of the named of pictures of one class, by position."""
    values, straight = bench.measured(pictures)
    looks = bench.LabelledLooks(values=values, strata=[np.zeros(len(values), dtype=int)])
    kinds = bench.damaged.damaged_images(looks, straight).kind
    return {int(i): NAMED_DAMAGES[kinds[i]].kind for i in np.flatnonzero(kinds >= 0)}
