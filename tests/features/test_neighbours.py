"""Nearest neighbours: exact, in blocks of any size, never the image itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from deri_gate.features import neighbours
from deri_gate.features.neighbours import (
    nearest_among,
    nearest_neighbours,
    updated_neighbours,
)
from tests.sweeps import randomly


def units(count, dimensions, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(count, dimensions))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize(("count", "k"), [(2, 1), (11, 10), (300, 10), (300, 299)])
def test_agrees_with_scikit_learn(count, k):
    """Brute force over every pair, the image itself left out."""
    vectors = units(count, 24)
    oracle = NearestNeighbors(n_neighbors=k, metric="cosine", algorithm="brute").fit(
        vectors.astype(float)
    )

    np.testing.assert_array_equal(
        nearest_neighbours(vectors, k), oracle.kneighbors(return_distance=False)
    )


@given(st.integers(2, 40), st.integers(0, 99), st.integers(1, 4000))
@randomly(40)
def test_blocks_change_nothing(count, seed, block):
    """From one row at a time to all of them."""
    vectors, k = units(count, 8, seed), min(5, count - 1)
    whole = nearest_neighbours(vectors, k)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "BLOCK_BYTES", block)

        np.testing.assert_array_equal(nearest_neighbours(vectors, k), whole)


def test_an_image_is_not_its_own_neighbour_among_exact_copies():
    """Everything is equally near, and still nobody names themselves."""
    found = nearest_neighbours(np.repeat(units(1, 8), 30, axis=0), 29)

    for row, some in enumerate(found):
        assert sorted(some) == [i for i in range(30) if i != row]


def test_equally_near_ones_come_in_the_order_of_their_positions():
    """Three copies of one direction, asked for by another: 1, 2, 3."""
    vectors = np.array([[1, 0], [0, 1], [0, 1], [0, 1]], np.float32)

    np.testing.assert_array_equal(nearest_neighbours(vectors, 3)[0], [1, 2, 3])


def test_equally_near_ones_that_do_not_all_fit_are_the_first():
    """Ten copies and room for three: those of the lowest positions."""
    vectors = np.concatenate([[[1, 0]], np.repeat([[0.6, 0.8]], 40, axis=0)]).astype(np.float32)

    np.testing.assert_array_equal(nearest_neighbours(vectors, 3)[0], [1, 2, 3])


def test_nearest_come_first():
    """Angles of 0, 10, 20, 40 and 80 degrees, seen from both ends."""
    angles = np.radians([0, 10, 20, 40, 80])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    found = nearest_neighbours(vectors, 4)

    np.testing.assert_array_equal(found[0], [1, 2, 3, 4])
    np.testing.assert_array_equal(found[4], [3, 2, 1, 0])


@given(st.integers(0, 99), st.integers(0, 8), st.integers(0, 8), st.integers(1, 4000))
@randomly(60)
def test_an_update_equals_a_start_from_nothing(seed, gone, come, block):
    """Some leave, some come, the rest stand in another order: the neighbours are the same."""
    before, k = units(40, 8, seed), 5
    rng = np.random.default_rng(seed)
    origin = rng.permutation(np.concatenate([rng.permutation(40)[gone:], np.full(come, -1)]))
    now = units(len(origin), 8, seed + 1000)
    now[origin >= 0] = before[origin[origin >= 0]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "BLOCK_BYTES", block)
        found = updated_neighbours(now, k, earlier=nearest_neighbours(before, k), origin=origin)

    np.testing.assert_array_equal(found, nearest_neighbours(now, k))


def test_an_update_compares_only_what_changed(monkeypatch):
    """One newcomer in a hundred, next to nobody: one row against all, the others against it."""
    before = units(100, 32)
    known = nearest_neighbours(before, 5)
    asked = []
    whole = neighbours.nearest_of_rows
    monkeypatch.setattr(
        neighbours,
        "nearest_of_rows",
        lambda every, rows, *rest, **more: asked.extend(rows) or whole(every, rows, *rest, **more),
    )
    now = np.concatenate([before, units(1, 32, 7)])
    updated_neighbours(now, 5, earlier=known, origin=np.append(np.arange(100), -1))

    assert asked == [100]


@pytest.mark.parametrize(("count", "k"), [(40, 7), (8_192, 1), (20_011, 10)])
def test_largest_of_long_rows_are_those_of_a_full_sort(count, k):
    """Also where the largest lie in the columns that are left over behind the last group."""
    values = np.random.default_rng(k).normal(size=(5, count)).astype(np.float32)
    values[0, -k:] += 9
    values[1, :k] += 9

    np.testing.assert_array_equal(
        np.sort(neighbours.largest(values, k), axis=1), np.sort(np.argsort(-values)[:, :k], axis=1)
    )


@given(st.integers(1, 30), st.integers(5, 40), st.integers(0, 99), st.integers(1, 500))
@randomly(40)
def test_the_nearest_of_another_set_are_those_of_scikit_learn(count, others, seed, block):
    """Brute force over all pairs, in blocks of any size."""
    vectors, among = units(count, 8, seed), units(others, 8, seed + 1000)
    oracle = NearestNeighbors(n_neighbors=5, metric="cosine", algorithm="brute").fit(
        among.astype(float)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "AT_ONCE", block)
        found = nearest_among(vectors, among, 5)

    np.testing.assert_array_equal(
        found, oracle.kneighbors(vectors.astype(float), return_distance=False)
    )


def test_nobody_of_the_own_group_is_near():
    """Two of group 0 are left out; where fewer than k are left, -1 stands for the others."""
    among = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    groups = np.array([0, 7]), np.array([0, 0, 1])

    found = nearest_among(among[[0, 2]], among, 2, groups=groups)

    np.testing.assert_array_equal(found, [[2, -1], [2, 0]])
