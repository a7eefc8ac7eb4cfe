"""Candidates: all are compared with all, in blocks."""

from __future__ import annotations

import numpy as np

from deri_gate.features import candidates
from deri_gate.features.candidates import CODE, FirstLook, close_pairs, first_look

LOOK = FirstLook(quick=0.7, closer=0.7)


def vectors(count, *, copies=0, seed=0):
    """Unit vectors in random directions, and copies of the first with some noise."""
    generator = np.random.default_rng(seed)
    some = generator.normal(size=(count, CODE))
    near = some[:copies] + 0.4 * generator.normal(size=(copies, CODE))
    every = np.concatenate([some, near])
    return (every / np.linalg.norm(every, axis=1, keepdims=True)).astype(np.float16)


def found_in(entries, queries=None):
    blocks = list(close_pairs(entries, queries, LOOK))
    return {
        (min(p), max(p))
        for here, there, _ in blocks
        for p in zip(here.tolist(), there.tolist(), strict=True)
    }


def test_all_against_all_finds_the_copies():
    """And nothing else: in 64 random directions no two vectors are alike."""
    assert found_in(vectors(600, copies=50)) == {(i, 600 + i) for i in range(50)}


def test_blocks_change_nothing(monkeypatch):
    entries = vectors(200, copies=40)
    whole = found_in(entries)
    monkeypatch.setattr(candidates, "ROWS", 7)
    monkeypatch.setattr(candidates, "COLUMNS", 11)

    assert found_in(entries) == whole


def test_a_crowd_is_connected_by_few_pairs():
    """A thousand vectors that are all alike: half a million pairs."""
    crowd = np.repeat(vectors(1), 1000, axis=0)
    pairs = found_in(crowd)

    assert {i for pair in pairs for i in pair} == set(range(1000))
    assert len(pairs) < 5000


def test_the_first_look_is_stricter_in_larger_sets():
    sample, agree = vectors(500), np.ones((500, 500), dtype=bool)
    small, large = (first_look(sample, count, agree) for count in (1_000, 100_000_000))

    assert small.quick < large.quick
    assert small.closer < large.closer
