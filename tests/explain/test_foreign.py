"""Marks told from subjects: edges that are alike in all images, and what the rest tells."""

import cv2
import numpy as np
import pytest
from sklearn.datasets import load_digits

from deri_gate.data.picture import thumbnail
from deri_gate.explain.foreign import told_by_the_rest, unlikeness
from deri_gate.explain.places import best_places
from deri_gate.explain.telling import told_above
from tests.scripts import benchmark
from tests.sweeps import sampled

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


@pytest.fixture(scope="module")
def mnist():
    """Handwritten digits of 28 px and their labels."""
    return benchmark("planted").mnist()


def digits(mnist, pair, count=150):
    pictures, labels = mnist
    chosen = np.concatenate([np.flatnonzero(labels == k)[:count] for k in pair])
    return list(pictures[chosen]), labels[chosen, None] == np.array(pair)


def strongest(pictures, own):
    """Strength of the best place that is no subject's, over all classes."""
    thumbnails = np.stack([thumbnail(one) for one in pictures])
    grey = np.full((len(pictures), 16, 16, 2), 128, np.uint8)
    places = best_places(thumbnails, grey, own)
    return max(
        (one.strength for some in places for one in some if not (one.whole or one.subject)),
        default=0.0,
    )


@pytest.mark.parametrize("pair", sampled([(0, 1), (1, 7), (0, 8), (1, 6)], single=True))
def test_two_classes_of_aligned_signs_have_no_mark(mnist, pair):
    """The hole of a 0 is in one place in every image, and it is the subject."""
    assert strongest(*digits(mnist, pair)) < 0.5


@pytest.fixture(scope="module")
def small_digits():
    """Handwritten digits of 8 px, enlarged to so many, and their labels."""
    given = load_digits()

    def of(classes, side=28, way=cv2.INTER_CUBIC, most=300):
        chosen = np.flatnonzero(np.isin(given.target, classes))[:most]
        grey = [(given.images[i] * 15.9).astype(np.uint8) for i in chosen]
        return [cv2.resize(p, (side, side), interpolation=way) for p in grey], given.target[chosen]

    return of


@pytest.mark.parametrize(
    ("classes", "side"),
    sampled([(range(10), 16), (range(10), 28), ((0, 1, 2), 16), ((7, 8, 9), 28)]),
)
def test_small_digits_have_no_mark(small_digits, classes, side):
    """A stroke lies where no other digit has one, but others have such strokes elsewhere."""
    pictures, labels = small_digits(list(classes), side)

    assert strongest(pictures, labels[:, None] == np.array(list(classes))) < 0.5


@pytest.mark.parametrize("classes", sampled([((0, 1, 2),), range(10), ((7, 8, 9),)]))
@pytest.mark.parametrize("level", sampled([255, 128]))
def test_a_mark_on_small_digits_is_found(small_digits, classes, level):
    """It is sure enough that scores rest on it."""
    pictures, labels = small_digits(list(classes))
    for picture, label in zip(pictures, labels, strict=True):
        if label == classes[0]:
            picture[1:8, 20:27] = level

    assert strongest(pictures, labels[:, None] == np.array(list(classes))) > 0.6


def test_two_drawn_shapes_have_no_mark():
    """A square and a ring, moved a little, on blank ground."""
    rng = np.random.default_rng(4)
    own, pictures = np.arange(300) % 2 == 0, []
    for square in own:
        picture = rng.integers(20, 40, (32, 32)).astype(np.uint8)
        (x, y), size, ink = rng.integers(14, 19, 2), int(rng.integers(7, 10)), 220
        if square:
            cv2.rectangle(
                picture, (int(x - size), int(y - size)), (int(x + size), int(y + size)), ink, 2
            )
        else:
            cv2.circle(picture, (int(x), int(y)), size, ink, 2)
        pictures.append(picture)

    assert strongest(pictures, np.stack([own, ~own], axis=1)) < 0.5


@pytest.mark.parametrize("pair", sampled([(1, 7), (3, 8)], single=True))
def test_a_mark_on_signs_is_found(mnist, pair):
    pictures, own = digits(mnist, pair)
    for picture, mine in zip(pictures, own[:, 0], strict=True):
        if mine:
            picture[1:6, 21:27] = 255

    assert strongest(pictures, own) > 0.5


def test_a_mark_on_two_fifths_of_a_class_is_found_where_all_else_varies():
    """Few bear it, in one place with the very same edges."""
    many = np.random.default_rng(3).integers(60, 160, (400, 32, 32)).astype(np.uint8)
    own = np.arange(400) % 2 == 0
    many[: 400 * 2 // 5][own[: 400 * 2 // 5], 20:28, 20:28] = 255

    assert strongest(list(many), np.stack([own, ~own], axis=1)) > 0.5
