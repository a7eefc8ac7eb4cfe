"""Perceptual hashes bit for bit, and their groups as all pairs give them."""

from __future__ import annotations

import cv2
import imagehash
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.cluster.hierarchy import DisjointSet
from sklearn.datasets import load_digits

from deri_gate.data.picture import thumbnail
from deri_gate.features import perceptual_hashes as hashing
from deri_gate.features.perceptual_hashes import hash_groups, perceptual_hashes
from tests.sweeps import randomly


def crops(photos, count, *, seed=0):
    """Pieces of photos, grey and colour, of many sizes."""
    generator, names = np.random.default_rng(seed), sorted(photos)
    for i in range(count):
        photo = photos[names[i % len(names)]]
        side = generator.integers(17, 150)
        y, x = (generator.integers(0, n - side + 1) for n in photo.shape[:2])
        yield photo[y : y + side, x : x + generator.integers(side // 2, side) + 1]


def digits(count):
    """Handwritten digits, enlarged; many of them are alike."""
    small = (load_digits().images[:count] * 15.9).astype(np.uint8)
    return [cv2.resize(one, (28, 28), interpolation=cv2.INTER_CUBIC) for one in small]


def thumbnails_of(pictures):
    return np.stack([thumbnail(np.ascontiguousarray(p)) for p in pictures])


def by_all_pairs(thumbnails, distance):
    """Group numbers from every pair there is, joined by SciPy's disjoint sets."""
    hashes = perceptual_hashes(thumbnails)
    left, right = np.triu_indices(len(hashes), 1)
    close = np.bitwise_count(hashes[left] ^ hashes[right]) <= distance
    joined = DisjointSet(range(len(hashes)))
    for one, other in zip(left[close].tolist(), right[close].tolist(), strict=True):
        joined.merge(one, other)
    numbers, found = {}, []
    for i in range(len(hashes)):
        alone = joined.subset_size(i) == 1
        found.append(-1 if alone else numbers.setdefault(joined[i], len(numbers)))
    return np.array(found)


def test_hashes_equal_imagehash_bit_for_bit(photos):
    """On 700 real pictures, grey and colour, of many sizes."""
    pictures = [*crops(photos, 400), *digits(300)]
    oracle = [int(str(imagehash.phash(Image.fromarray(p))), 16) for p in pictures]

    assert len(set(oracle)) > 500
    np.testing.assert_array_equal(
        perceptual_hashes(thumbnails_of(pictures)), np.array(oracle, dtype=np.uint64)
    )


@pytest.mark.parametrize("distance", [0, 4, 6, 10])
def test_groups_equal_those_of_all_pairs(photos, distance):
    """On pieces of photos, some of them twice, and digits: none is missed and none added."""
    pictures = thumbnails_of([*crops(photos, 200), *digits(200), *crops(photos, 40)])
    found = hash_groups(pictures, distance=distance)

    assert found.max() > 10
    np.testing.assert_array_equal(found, by_all_pairs(pictures, distance))


@given(st.integers(0, 2**32 - 1), st.integers(0, 12))
@randomly(25)
def test_groups_equal_those_of_all_pairs_on_random_data(seed, distance):
    """Noise of any coarseness, copies of any number."""
    generator = np.random.default_rng(seed)
    size = int(generator.integers(2, 33))
    coarse = generator.integers(0, 256, (40, size, size)).astype(np.uint8)
    pictures = np.stack([cv2.resize(c, (32, 32), interpolation=cv2.INTER_CUBIC) for c in coarse])
    every = pictures[generator.integers(0, 40, 60)]

    np.testing.assert_array_equal(
        hash_groups(every, distance=distance), by_all_pairs(every, distance)
    )


def test_blocks_of_pairs_change_nothing(photos, monkeypatch):
    """However few are compared at a time."""
    pictures = thumbnails_of([*crops(photos, 100), *crops(photos, 30)])
    whole = hash_groups(pictures, distance=6)
    monkeypatch.setattr(hashing, "AT_ONCE", 5)

    np.testing.assert_array_equal(hash_groups(pictures, distance=6), whole)


def test_thousands_of_one_hash_are_one_group():
    """They go with the first of them."""
    pictures = np.repeat(np.arange(3, dtype=np.uint8), 2000)[:, None, None] * np.ones(
        (32, 32), np.uint8
    )

    assert set(hash_groups(pictures, distance=4).tolist()) == {0}


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_images_for_a_group(count):
    found = hash_groups(np.zeros((count, 32, 32), np.uint8), distance=4)

    np.testing.assert_array_equal(found, [-1] * count)
