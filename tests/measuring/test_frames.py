"""Straightness of the ends of plain parts, on pictures whose edges are known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deri_gate.measuring.frames import ALL_AROUND, border_shares, straight_shares, straightness
from tests.sweeps import sampled


def ends_straight(thumbnails):
    """True where a plain part ends straight, all around or not."""
    return straightness(thumbnails) > 0


def rough(seed=0):
    """A picture without a plain part."""
    return np.random.default_rng(seed).integers(60, 255, (32, 32)).astype(np.uint8)


@pytest.mark.parametrize("deep", [1, 4, 8, 11, 12])
def test_a_drawn_border_ends_straight_however_deep(deep):
    framed = np.zeros((32, 32), np.uint8)
    framed[deep:-deep, deep:-deep] = 200

    assert ends_straight(framed[None]).tolist() == [True]


@pytest.mark.parametrize("ground", [0, 255])
@pytest.mark.parametrize("radius", [1, 2, 3, 5, 8, 11, 14])
def test_ground_around_a_disk_does_not_end_straight(radius, ground):
    """A disk touches its box in a few columns."""
    disk = cv2.circle(np.full((32, 32), ground, np.uint8), (16, 16), radius, 120, -1)

    assert ends_straight(disk[None]).tolist() == [False]


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("deep", [2, 4, 8])
def test_a_frame_ends_straight_all_around_though_dark_ground_lies_in_it(deep, level):
    """A head that a border cuts off on each side; a head alone, and three sides, are no frame."""
    head = np.where(np.hypot(ROWS - 15.5, COLUMNS - 15.5) < 15.5, rough() // 2 + 40, level)
    framed, open_below = head.copy(), rough()
    inside = np.minimum.reduce([ROWS, COLUMNS, 31 - ROWS, 31 - COLUMNS]) >= deep
    framed[~inside], open_below[~inside & (32 - deep > ROWS)] = level, level
    deepest = head.copy()
    deepest[:16] = level
    pictures = np.stack([framed, open_below, head, deepest, np.full((32, 32), level)])
    grades = straightness(pictures.astype(np.uint8))

    assert grades[0] == ALL_AROUND
    assert (grades[1:] < ALL_AROUND).all()


ROWS, COLUMNS = np.indices((32, 32))
BLANKS = {
    "box": (np.abs(ROWS - 15.5) < 10) & (np.abs(COLUMNS - 15.5) < 10),
    "band": np.abs(ROWS - 15.5) < 6,
    "half along the diagonal": ROWS > COLUMNS,
    "slanting part": 2 * ROWS > 3 * COLUMNS,
}


@pytest.mark.parametrize("level", sampled([0, 255]))
@pytest.mark.parametrize("turns", sampled(range(4)))
@pytest.mark.parametrize("blank", BLANKS)
def test_a_blank_inside_or_aslant_ends_straight(blank, turns, level):
    picture = rough() // 2 + 30
    assert ends_straight(picture[None]).tolist() == [False]
    picture[np.rot90(BLANKS[blank], turns)] = level

    assert ends_straight(picture[None]).tolist() == [True]


def test_dark_that_fades_is_no_blank():
    """A cyst is as dark as a blank box, and gets lighter step by step."""
    away = np.maximum(np.abs(ROWS - 15.5), np.abs(COLUMNS - 15.5)) - 9
    faded = np.where(away > 3, rough(), np.clip(8 * away, 0, 255)).astype(np.uint8)
    abrupt = np.where(away > 0, rough(), 0).astype(np.uint8)

    assert ends_straight(np.stack([faded, abrupt])).tolist() == [False, True]


@pytest.mark.parametrize("turns", range(4))
def test_a_blank_half_ends_straight_whichever_it_is(turns):
    picture = rough()
    picture[:16] = 0

    assert ends_straight(np.rot90(picture, turns)[None]).tolist() == [True]


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("begins", [32, 16, 0])
def test_a_strip_counts_as_far_as_the_picture_begins_along_it(begins, turns):
    """Half of the picture is black, and so is the rest beside a part of the edge."""
    picture = np.zeros((32, 32), np.uint8)
    picture[16:, :begins] = rough()[16:, :begins]

    (share,) = straight_shares(np.rot90(picture, turns)[None])
    assert share == 0.5 * begins / 32


@pytest.mark.parametrize("radius", [5, 8, 11, 14])
def test_ground_around_a_disk_hardly_counts_as_a_strip(radius):
    disk = cv2.circle(np.zeros((32, 32), np.uint8), (16, 16), radius, 120, -1)

    assert straight_shares(disk[None])[0] <= 0.15


@pytest.mark.parametrize("level", [0, 128, 255])
def test_neither_a_plain_picture_nor_one_without_a_strip_has_an_edge(level):
    checked = np.indices((32, 32)).sum(axis=0) % 2 * 100
    pictures = np.stack([np.full((32, 32), level), checked]).astype(np.uint8)

    assert ends_straight(pictures).tolist() == [False, False]
    assert straight_shares(pictures).tolist() == [0, 0]


def test_a_strip_may_ring_as_thumbnails_do():
    """Rows of the border differ by a few levels where it was made smaller."""
    picture = rough(2)
    picture[:4] = 0
    picture[2] = 6

    assert ends_straight(picture[None]).tolist() == [True]
    assert border_shares(picture[None]).tolist() == [2 / 32]


def test_pictures_do_not_depend_on_each_other(monkeypatch):
    """Some at a time give what all at once give."""
    pictures = np.random.default_rng(1).integers(0, 255, (9, 32, 32)).astype(np.uint8)
    pictures[::2, :7] = 0
    whole = ends_straight(pictures)
    assert whole.tolist() == [True, False] * 4 + [True]
    monkeypatch.setattr("deri_gate.measuring.frames.AT_ONCE", 2)

    assert ends_straight(pictures).tolist() == whole.tolist()
    assert ends_straight(pictures[:0]).tolist() == []
