"""Vectors of pictures are the same, and made once, however they are asked for."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.features import picture_set
from deri_gate.features.likeness import likeness_of
from deri_gate.features.picture_set import MadeOnce, PictureSet

COUNT = 60


@pytest.fixture(scope="module")
def thumbnails():
    coarse = np.random.default_rng(3).integers(30, 220, (COUNT, 8, 8), dtype=np.uint8)
    return coarse.repeat(4, axis=1).repeat(4, axis=2)


@pytest.fixture(scope="module")
def likeness(thumbnails):
    return likeness_of(thumbnails, np.full((COUNT, 2), np.nan))


def test_each_is_made_when_it_is_first_asked_for():
    made = []

    def squares(numbers):
        made.extend(numbers.tolist())
        return numbers[:, None] ** 2.0

    rows = MadeOnce(squares, np.empty((9, 1)), np.zeros(9, dtype=bool))

    assert rows.of(np.array([4, 2, 4])).ravel().tolist() == [16, 4, 16]
    assert rows.of(np.array([2, 8])).ravel().tolist() == [4, 64]
    assert rows.of(np.empty(0, dtype=np.int64)).shape == (0, 1)
    assert sorted(made) == [2, 4, 8]


@pytest.mark.parametrize("name", ["views", "turned"])
def test_pictures_of_large_sets_have_the_vectors_of_small_ones(
    thumbnails, likeness, monkeypatch, name
):
    """Those of small sets are held, those of large ones made again."""
    numbers = np.random.default_rng(0).integers(0, COUNT, 200)
    colours = np.full((COUNT, 2), np.nan)
    held = getattr(PictureSet(thumbnails, colours, likeness), name)
    monkeypatch.setattr(picture_set, "EXACT", 1)
    made = getattr(PictureSet(thumbnails, colours, likeness), name)

    assert made.rows is None
    np.testing.assert_allclose(held.of(numbers), made.of(numbers), atol=1e-3)


def test_a_mirrored_picture_is_like_itself_in_that_orientation_alone(thumbnails, likeness):
    shown = np.concatenate([thumbnails, thumbnails[:5, :, ::-1]])
    pictures = PictureSet(shown, np.full((len(shown), 2), np.nan), likeness)
    pairs = np.stack([np.arange(5), COUNT + np.arange(5)], axis=1)
    likenesses = [pictures.likeness_turned(pairs, np.full(5, turn)) for turn in range(8)]
    insides = pictures.insides_turned(pairs, np.full(5, 1))

    assert np.argmax(likenesses, axis=0).tolist() == [1] * 5
    assert likenesses[1].min() > 0.99
    assert insides.min() > 0.99
