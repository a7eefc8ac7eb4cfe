"""Pairs from several looks are left once each, however many come at a time."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from deri_gate.features import found_pairs
from deri_gate.features.found_pairs import FoundPairs, as_they_are, batched_pairs, pairs_once


def looks(count=9, each=20, pictures=12):
    """Pairs of few pictures in orientations, so that many come again."""
    generator = np.random.default_rng(1)
    for _ in range(count):
        pairs = generator.integers(0, pictures, (each, 2))
        pairs = np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1)
        turns = generator.integers(0, 3, len(pairs))
        yield FoundPairs(pairs, generator.random(len(pairs)), turns)


def rows_of(parts):
    return [[*pair, turn] for p in parts for *pair, turn in np.c_[p.pairs, p.turns].tolist()]


@pytest.mark.parametrize("held", [1, 40, 10**9])
def test_each_pair_comes_once_as_far_as_so_many_are_held(monkeypatch, held):
    monkeypatch.setattr(found_pairs, "HELD", held)
    given = [rows_of([part]) for part in pairs_once(looks(), 12)]

    assert {tuple(row) for part in given for row in part} == {*map(tuple, rows_of(looks()))}
    assert all(len({*map(tuple, part)}) == len(part) for part in given)
    assert len(given) == 1 or held < 10**9
    assert all(len(part) < held + 20 for part in given)


@pytest.mark.parametrize("loose", [1, 30, 10**9])
def test_pairs_keep_the_order_in_which_they_first_come(monkeypatch, loose):
    monkeypatch.setattr(found_pairs, "LOOSE", loose)
    first = dict.fromkeys(map(tuple, rows_of(looks())))

    assert rows_of(pairs_once(looks(), 12)) == [*map(list, first)]


def test_pairs_that_come_again_and_again_take_no_memory(monkeypatch):
    """Forty times the same numbers, which would be held forty times, and five times that to sort."""
    monkeypatch.setattr(found_pairs, "LOOSE", 2**14)
    numbers = np.random.default_rng(0).permutation(2**14)
    tracemalloc.start()

    once = list(found_pairs.numbers_once(numbers[::-1].copy() for _ in range(40)))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert np.array_equal(np.concatenate(once), numbers[::-1])
    assert most < 12 * numbers.nbytes


def test_batches_hold_what_came_in_order(monkeypatch):
    monkeypatch.setattr(found_pairs, "AT_ONCE", 7)
    batches = list(batched_pairs(looks()))

    assert rows_of(batches) == rows_of(looks())
    assert {len(batch.pairs) for batch in batches[:-1]} == {7}


def test_of_a_pair_the_first_is_the_smaller():
    pairs = as_they_are(np.array([3, 1]), np.array([2, 5]))

    assert pairs.pairs.tolist() == [[2, 3], [1, 5]]
    assert not pairs.turns.any()
