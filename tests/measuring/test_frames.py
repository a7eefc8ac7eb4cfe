"""How straight plain strips end, on pictures whose edges are known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deri_gate.measuring.frames import border_shares, straight_edges


def test_a_drawn_border_ends_straight_and_ground_around_a_disk_does_not():
    """Inside a border of 4 lie 24 of 32 columns; a disk touches its box in a few."""
    framed = np.zeros((32, 32), np.uint8)
    framed[4:28, 4:28] = 200
    disk = cv2.circle(np.zeros((32, 32), np.uint8), (16, 16), 11, 200, -1)
    edges = straight_edges(np.stack([framed, disk]))

    assert edges[0] == 24 / 32
    assert 0 < edges[1] < 0.4


@pytest.mark.parametrize("turns", range(4))
def test_a_blank_half_ends_straight_whichever_it_is(turns):
    picture = np.random.default_rng(0).integers(60, 255, (32, 32)).astype(np.uint8)
    picture[:16] = 0

    assert straight_edges(np.rot90(picture, turns)[None]).tolist() == [1.0]


@pytest.mark.parametrize("level", [0, 128, 255])
def test_neither_a_plain_picture_nor_one_without_a_strip_has_an_edge(level):
    rough = np.indices((32, 32)).sum(axis=0) % 2 * 100
    pictures = np.stack([np.full((32, 32), level), rough]).astype(np.uint8)

    assert straight_edges(pictures).tolist() == [0.0, 0.0]


def test_a_strip_may_ring_as_thumbnails_do():
    """Rows of the border differ by a few levels where it was made smaller."""
    picture = np.random.default_rng(2).integers(60, 255, (32, 32)).astype(np.uint8)
    picture[:4] = 0
    picture[2] = 6

    assert straight_edges(picture[None]).tolist() == [1.0]
    assert border_shares(picture[None]).tolist() == [2 / 32]


def test_pictures_do_not_depend_on_each_other(monkeypatch):
    """Some at a time give what all at once give."""
    pictures = np.random.default_rng(1).integers(0, 255, (9, 32, 32)).astype(np.uint8)
    pictures[::2, :7] = 0
    whole = straight_edges(pictures)
    monkeypatch.setattr("deri_gate.measuring.frames.AT_ONCE", 2)

    assert straight_edges(pictures).tolist() == whole.tolist()
    assert straight_edges(pictures[:0]).tolist() == []
