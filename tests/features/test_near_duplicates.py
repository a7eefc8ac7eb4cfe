"""Near duplicates: hashes bit for bit, groups as all pairs give them, and bounded work."""

from __future__ import annotations

import time
import tracemalloc

import cv2
import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.cluster.hierarchy import DisjointSet
from sklearn.datasets import load_digits

from deri_gate.data.picture import thumbnail
from deri_gate.features import near_duplicates as near
from deri_gate.features.near_duplicates import (
    confirmed,
    groups_of_pairs,
    near_duplicates,
    near_groups,
    perceptual_hashes,
)


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


def by_all_pairs(thumbnails, distance, *, confirm=True):
    """Group numbers from every pair there is, joined by SciPy's disjoint sets."""
    hashes = perceptual_hashes(thumbnails)
    count = len(hashes)
    left, right = np.triu_indices(count, 1)
    close = np.bitwise_count(hashes[left] ^ hashes[right]) <= distance
    pairs = np.stack([left[close], right[close]], axis=1)
    if confirm and len(pairs):
        pairs = pairs[confirmed(pairs, thumbnails)]
    joined = DisjointSet(range(count))
    for one, other in pairs:
        joined.merge(int(one), int(other))
    numbers, found = {}, []
    for i in range(count):
        alone = joined.subset_size(i) == 1
        found.append(-1 if alone else numbers.setdefault(joined[i], len(numbers)))
    return np.array(found)


def planted(thumbnails, *, copies, seed):
    """Thumbnails with copies of some put among them: exact, brighter, or with a little grain."""
    generator = np.random.default_rng(seed)
    chosen = thumbnails[generator.integers(0, len(thumbnails), copies)].astype(int)
    changes = [
        lambda p: p,
        lambda p: p + 9,
        lambda p: p + generator.integers(-2, 3, p.shape),
    ]
    changed = [changes[i % 3](p) for i, p in enumerate(chosen)]
    every = np.concatenate([thumbnails, np.clip(changed, 0, 255).astype(np.uint8)])
    return every[generator.permutation(len(every))]


def test_hashes_equal_imagehash_bit_for_bit(photos):
    """On 700 real pictures, grey and colour, of many sizes."""
    pictures = [*crops(photos, 400), *digits(300)]
    oracle = [int(str(imagehash.phash(Image.fromarray(p))), 16) for p in pictures]

    assert len(set(oracle)) > 500
    np.testing.assert_array_equal(
        perceptual_hashes(thumbnails_of(pictures)), np.array(oracle, dtype=np.uint64)
    )


@pytest.mark.parametrize("confirm", [True, False])
@pytest.mark.parametrize("distance", [0, 4, 6, 10])
def test_groups_equal_those_of_all_pairs(photos, distance, confirm):
    """On pieces of photos with planted copies: the index misses none and adds none."""
    thumbnails = planted(thumbnails_of(crops(photos, 250)), copies=60, seed=distance)
    found = near_groups(thumbnails, distance=distance, confirm=confirm)

    assert found.max() > 10
    np.testing.assert_array_equal(found, by_all_pairs(thumbnails, distance, confirm=confirm))


@pytest.mark.parametrize("confirm", [True, False])
def test_groups_equal_those_of_all_pairs_among_look_alikes(confirm):
    """Digits are the hard case: many hashes are near, few pictures are the same."""
    thumbnails = planted(thumbnails_of(digits(400)), copies=60, seed=1)

    np.testing.assert_array_equal(
        near_groups(thumbnails, distance=6, confirm=confirm),
        by_all_pairs(thumbnails, 6, confirm=confirm),
    )


@given(st.integers(0, 2**32 - 1), st.integers(0, 12), st.booleans())
@settings(max_examples=25, deadline=None)
def test_groups_equal_those_of_all_pairs_on_random_data(seed, distance, confirm):
    """Noise of any coarseness, copies of any number."""
    generator = np.random.default_rng(seed)
    size = int(generator.integers(2, 33))
    coarse = generator.integers(0, 256, (40, size, size)).astype(np.uint8)
    thumbnails = np.stack([cv2.resize(c, (32, 32), interpolation=cv2.INTER_CUBIC) for c in coarse])
    every = planted(thumbnails, copies=int(generator.integers(1, 40)), seed=seed)

    np.testing.assert_array_equal(
        near_groups(every, distance=distance, confirm=confirm),
        by_all_pairs(every, distance, confirm=confirm),
    )


def test_pairs_are_true_pairs(photos):
    """Each is ordered, listed once, within the distance and confirmed."""
    thumbnails = planted(thumbnails_of(crops(photos, 150)), copies=50, seed=3)
    pairs = near_duplicates(thumbnails, distance=6)
    hashes = perceptual_hashes(thumbnails)

    assert (pairs[:, 0] < pairs[:, 1]).all()
    assert len(np.unique(pairs, axis=0)) == len(pairs) > 0
    assert (np.bitwise_count(hashes[pairs[:, 0]] ^ hashes[pairs[:, 1]]) <= 6).all()
    assert confirmed(pairs, thumbnails).all()


def test_a_group_may_hold_more_than_two():
    """Four copies of one and two of another, with a loner between."""
    pieces = np.random.default_rng(0).integers(0, 256, (3, 32, 32)).astype(np.uint8)
    order = [2, 0, 1, 0, 1, 0, 0]

    np.testing.assert_array_equal(near_groups(pieces[order], distance=6), [-1, 0, 1, 0, 1, 0, 0])


def test_a_chain_within_one_hash_is_one_group_in_any_order():
    """A picture, one with much grain, and one between that is like both."""
    generator = np.random.default_rng(6)
    coarse = generator.integers(0, 256, (9, 9)).astype(np.uint8)
    plain = cv2.resize(coarse, (32, 32), interpolation=cv2.INTER_CUBIC).astype(float)
    grain = generator.normal(0, 1, (32, 32))
    chain = np.clip([plain, plain + 20 * grain, plain + 10 * grain], 0, 255).astype(np.uint8)

    assert len(set(perceptual_hashes(chain))) == 1
    np.testing.assert_array_equal(near_groups(chain[[2, 0, 1]], distance=6), [0, 0, 0])
    np.testing.assert_array_equal(near_groups(chain, distance=6), [0, 0, 0])


def test_groups_are_numbered_by_first_appearance():
    """Whatever order the pairs come in; chains join."""
    pairs = np.array([[5, 6], [1, 4], [4, 7]])

    np.testing.assert_array_equal(groups_of_pairs(pairs, 8), [-1, 0, -1, -1, 0, 1, 1, 0])


@pytest.mark.parametrize("count", [1, 5])
def test_no_pairs_no_groups(count):
    """Everyone is alone."""
    np.testing.assert_array_equal(
        groups_of_pairs(np.empty((0, 2), dtype=np.int64), count), [-1] * count
    )


def test_order_of_images_only_renumbers(photos):
    """Who is with whom does not depend on who comes first."""
    thumbnails = planted(thumbnails_of(crops(photos, 120)), copies=40, seed=5)
    order = np.random.default_rng(6).permutation(len(thumbnails))
    before = near_groups(thumbnails, distance=6)[order]
    after = near_groups(thumbnails[order], distance=6)

    np.testing.assert_array_equal(before < 0, after < 0)
    np.testing.assert_array_equal(
        before[:, None] == before[None, :], after[:, None] == after[None, :]
    )


def test_three_thousand_identical_images_stay_fast():
    """They are compared with the first of them, not with each other: 4.5 million pairs less."""
    thumbnails = np.repeat(
        np.random.default_rng(0).integers(0, 256, (1, 32, 32)).astype(np.uint8), 3000, axis=0
    )
    started = time.process_time()
    groups = near_groups(thumbnails, distance=6)

    assert time.process_time() - started < 5
    np.testing.assert_array_equal(groups, 0)


def test_blank_images_of_several_levels_are_one_hash_and_several_groups():
    """Flat pictures are duplicates only of their own level, as nothing in them correlates."""
    levels = np.array([10, 200, 10, 90, 200, 10])
    thumbnails = np.ones((6, 32, 32), np.uint8) * levels[:, None, None].astype(np.uint8)

    np.testing.assert_array_equal(near_groups(thumbnails, distance=6), [0, 1, 0, -1, 1, 0])


def test_a_thousand_different_images_of_one_hash_are_bounded(monkeypatch):
    """Only so many of them are compared with each other, in little memory."""
    thumbnails = np.random.default_rng(0).integers(0, 256, (1000, 32, 32)).astype(np.uint8)
    asked = []

    def counting(pairs, pictures):
        asked.append(len(pairs))
        return confirmed(pairs, pictures)

    monkeypatch.setattr(near, "perceptual_hashes", lambda t: np.full(len(t), 7, dtype=np.uint64))
    monkeypatch.setattr(near, "confirmed", counting)
    tracemalloc.start()
    pairs = near.near_duplicates(thumbnails, distance=6)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert len(pairs) == 0
    assert sum(asked) <= 7 * near.MOST**2 / 2  # once a band
    assert peak < 300 * 2**20


def test_blocks_of_pairs_change_nothing(photos, monkeypatch):
    """However few are compared at a time."""
    thumbnails = planted(thumbnails_of(crops(photos, 100)), copies=30, seed=8)
    whole = near_duplicates(thumbnails, distance=6)
    monkeypatch.setattr(near, "AT_ONCE", 5)

    np.testing.assert_array_equal(near_duplicates(thumbnails, distance=6), whole)


@pytest.mark.parametrize("quality", [95, 75])
def test_copies_saved_again_are_found(photos, quality):
    """Known damage: a photo and its JPEG are one, whatever the file says."""
    pieces = [np.ascontiguousarray(c) for c in crops(photos, 40, seed=9) if min(c.shape[:2]) > 60]
    saved = [
        cv2.imdecode(
            cv2.imencode(".jpg", p, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_UNCHANGED
        )
        for p in pieces
    ]
    groups = near_groups(thumbnails_of(pieces + saved), distance=6)
    first, second = groups[: len(pieces)], groups[len(pieces) :]

    assert ((first == second) & (first >= 0)).mean() > 0.8
