"""Groups of images: connected ones, and ones that have an anchor."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deri_gate.features.groups import anchored_groups, groups_of_pairs
from tests.sweeps import randomly


def anchored(pairs, count, likeness=None):
    pairs = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return anchored_groups(pairs, np.ones(len(pairs)) if likeness is None else likeness, count)


@pytest.mark.parametrize("make", [groups_of_pairs, anchored])
def test_groups_are_numbered_by_first_appearance(make):
    """Whatever order the pairs come in."""
    found = make(np.array([[5, 6], [1, 4], [4, 7]]), 8)

    np.testing.assert_array_equal(found, [-1, 0, -1, -1, 0, 1, 1, 0])


@pytest.mark.parametrize("make", [groups_of_pairs, anchored])
@pytest.mark.parametrize("count", [0, 1, 5])
def test_no_pairs_no_groups(make, count):
    np.testing.assert_array_equal(make(np.empty((0, 2), dtype=np.int64), count), [-1] * count)


def test_a_chain_is_one_group_when_connected_and_several_when_anchored():
    """Nine pictures, each a little like the next: the first and the last are not one picture."""
    chain = np.array([[i, i + 1] for i in range(8)])

    assert set(groups_of_pairs(chain, 9).tolist()) == {0}
    assert np.bincount(anchored(chain, 9)).max() <= 3


def test_an_image_whose_pairs_have_groups_takes_one_of_them_along():
    """It is like one member of a group of four, and not like the anchor."""
    found = anchored([[0, 1], [0, 2], [0, 3], [3, 4]], 5)

    np.testing.assert_array_equal(found, [0, 0, 0, 1, 1])


def test_a_thousand_copies_are_one_group():
    assert set(anchored([[0, i] for i in range(1, 1000)], 1000).tolist()) == {0}


@given(st.integers(0, 2**32 - 1), st.integers(2, 25))
@randomly(300)
def test_everyone_with_a_pair_is_in_a_group_round_an_anchor(seed, count):
    """On random graphs: in each group is one image that all others are pairs of."""
    generator = np.random.default_rng(seed)
    linked = np.triu(generator.random((count, count)) < generator.uniform(0.02, 0.5), 1)
    pairs = np.argwhere(linked)
    groups = anchored(pairs, count, generator.uniform(0.5, 1, len(pairs)))
    linked |= linked.T

    np.testing.assert_array_equal(groups >= 0, linked.any(axis=1))
    for number in range(groups.max() + 1):
        members = np.flatnonzero(groups == number)
        inside = linked[np.ix_(members, members)]
        assert len(members) > 1
        assert inside.sum(axis=1).max() == len(members) - 1
