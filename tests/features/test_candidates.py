"""Candidates: all are compared with all, in blocks."""

from __future__ import annotations

import numpy as np
import pytest

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


def _taken_together(likeness, alike):
    """Pairs by the definition of `of_a_crowd`: counted anew for each that stands for others."""
    plain = alike & (likeness >= candidates.PLAIN)
    keep = alike & ~plain
    while plain.sum(axis=1).max() >= candidates.CROWDED:
        middle = plain.sum(axis=1).argmax()
        keep[middle] |= plain[middle]
        plain[:, plain[middle].copy()] = False
    keep |= plain
    for row in np.flatnonzero(alike.any(axis=1) & ~keep.any(axis=1)):
        keep[row, np.where(alike[row], likeness[row], -2.0).argmax()] = True
    return keep


@pytest.mark.parametrize("groups", [1, 3, 12])
def test_plain_ones_are_taken_together_as_if_counted_anew(groups):
    rng = np.random.default_rng(groups)
    middles = rng.normal(size=(groups, 16))
    vectors = middles[rng.integers(0, groups, 150)] + rng.normal(0, 0.3, (150, 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    likeness = vectors[:60] @ vectors[60:].T
    alike = likeness >= 0.5
    kept = candidates.of_a_crowd(likeness, alike)
    np.testing.assert_array_equal(kept, _taken_together(likeness, alike))
    assert kept.sum() < alike.sum()
