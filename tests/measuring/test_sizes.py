"""Images of several sizes in one set: damage is told among those of about one size."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deri_gate.measuring.oddities import oddities_of
from deri_gate.measuring.sizes import size_strata
from deri_gate.measuring.typical_damage import NAMED_DAMAGES
from tests.sweeps import sampled

PLANTED = range(0, 100, 14)  # of images of either size


@pytest.fixture(name="named")
def _named(photos, dataset_of, evidence_of):
    def make(*, damage, sides=(64, 192)):
        """Kinds of the images that are called damaged, by position, of 100 pieces of photographs."""
        rng, pictures = np.random.default_rng(3), []
        for i in range(100):
            photo = photos[("gravel", "camera")[i // 2 % 2]]
            y, x = (int(rng.integers(0, full - 192)) for full in photo.shape[:2])
            side = sides[i // 7 % 2]
            piece = cv2.resize(
                photo[y : y + 192, x : x + 192], (side, side), interpolation=cv2.INTER_AREA
            )
            pictures.append(damage(piece) if i in PLANTED else piece)
        data = dataset_of(pictures, [i // 2 % 2 for i in range(100)])
        found = oddities_of(evidence_of(data)).damaged.kind
        return {int(i): NAMED_DAMAGES[found[i]].kind for i in np.flatnonzero(found >= 0)}

    return make


def blurred(picture):
    return cv2.GaussianBlur(picture, (0, 0), 1.5)


@pytest.mark.parametrize("sides", sampled([(64, 192), (192, 64), (96, 96)], single=True))
def test_blurred_images_are_named_at_any_mixture_of_sizes(named, sides):
    """Half of the images have a third of the size of the others; a piece of a dark coat is dark."""
    found = named(damage=blurred, sides=sides)
    others = [kind for position, kind in found.items() if position not in PLANTED]

    assert len(found.keys() & set(PLANTED)) >= len(PLANTED) - 1
    assert len([kind for kind in others if kind != "dark"]) <= 1


def test_a_mixture_of_sizes_alone_is_not_damaged(named):
    """Large pictures are smoother, pixel by pixel; pieces of a dark coat are dark."""
    found = named(damage=lambda picture: picture)

    assert len([kind for kind in found.values() if kind != "dark"]) <= 1
    assert len(found) <= 3


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        ([64] * 50 + [90] * 50, []),  # less than half an octave
        ([64] * 50 + [640] * 19, []),  # too few to tell what is usual of them
        ([64] * 20 + [128] * 20, [[20, 20]]),
        ([32] * 10 + [64] * 10 + [500] * 30, [[20, 30]]),  # few join those of the next size
        ([64] * 50 + [128] * 30 + [500] * 12, [[50, 42]]),
        ([], []),
    ],
)
def test_sizes_are_apart_where_they_differ_by_an_octave(sides, expected):
    """Images of each number, by hand."""
    classes = np.zeros(len(sides), dtype=np.int64)
    strata = size_strata(np.log2(sides), classes)

    assert [np.bincount(numbers).tolist() for numbers in strata[:1]] == expected


def test_within_mixed_sizes_half_an_octave_counts():
    """Images of 96 px have a number of their own between those of 64 and 512 px."""
    sizes, _ = size_strata(np.log2(np.repeat([64, 96, 512], 40)), np.zeros(120, dtype=np.int64))

    assert np.bincount(sizes).tolist() == [40, 40, 40]


def test_classes_of_enough_images_are_apart_size_by_size():
    """Class 1 has 30 small images, and 9 large ones, for which the size alone counts."""
    classes = np.array([0] * 30 + [1] * 30 + [0] * 30 + [1] * 9)
    sizes, both = size_strata(np.log2([64.0] * 60 + [256] * 39), classes)

    assert np.bincount(sizes).tolist() == [60, 39]
    assert np.unique(both, return_counts=True)[1].tolist() == [9, 30, 30, 30]


def test_the_order_and_the_scale_of_the_sizes_do_not_matter():
    """Twice as large all, and shuffled."""
    rng = np.random.default_rng(1)
    octaves, classes = rng.uniform(5, 10, 300), rng.integers(0, 3, 300)
    order = rng.permutation(300)
    one = size_strata(octaves, classes)
    other = size_strata(octaves[order] + 1, classes[order])

    assert len(np.unique(one[0])) > 5
    for numbers, shuffled in zip(one, other, strict=True):
        np.testing.assert_array_equal(numbers[order], shuffled)
