"""Pictures that many others are much like: no two single strokes are one for that alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deri_gate.data.picture import thumbnail
from deri_gate.features.near_duplicates import near_duplicates
from deri_gate.stats.tails import foretold_each
from tests.scripts import benchmark

ORIGINALS = 1500


@pytest.fixture(scope="module")
def strokes():
    """Digits of many hands, no two of which are one, and a hundred that were saved blurred."""
    images, labels = benchmark("planted").mnist()
    some = np.r_[np.flatnonzero(labels == 1), np.flatnonzero(labels != 1)[::4]][:ORIGINALS]
    digits = list(images[some])
    copies = [cv2.GaussianBlur(p, (0, 0), 0.5) for p in digits[:1000:10]]
    thumbnails = np.array([thumbnail(p) for p in digits + copies])
    return near_duplicates(thumbnails, np.full((len(thumbnails), 2), np.nan))


def pairs(found):
    made = {(10 * i, ORIGINALS + i) for i in range(100)}
    every = set(map(tuple, found.pairs.tolist()))
    return len(every & made), len(every - made)


def test_strokes_that_look_alike_are_not_listed(strokes):
    """A third are ones. Without regard to how crowded they are many of them would be."""
    assert pairs(strokes)[1] > 10
    assert pairs(strokes.listed)[1] <= 2


def test_their_copies_are_listed(strokes):
    assert pairs(strokes)[0] == 100
    assert pairs(strokes.listed)[0] >= 95


def test_a_list_of_pairs_lists_itself(strokes):
    np.testing.assert_array_equal(strokes.listed.pairs, strokes.listed.listed.pairs)


def test_likeness_is_foretold_from_each_tail_of_its_own():
    """On Fisher's scale the tails are exponential, of two rates; the quantiles are known."""
    generator = np.random.default_rng(0)
    rates = np.array([0.05, 0.1])
    drawn = generator.exponential(rates[:, None], (2, 100_000))
    several = [
        np.arctanh(foretold_each(np.tanh(drawn[:, k : k + 1000]), 1e-5))
        for k in range(0, 100_000, 1000)
    ]

    np.testing.assert_allclose(np.median(several, axis=0), -rates * np.log(1e-5), rtol=0.1)


def test_small_samples_foretell_nothing():
    assert foretold_each(np.ones((3, 199)), 0.01).tolist() == [-1, -1, -1]
