"""Which pairs of much the same pictures are taken for slices or second shots, and which for copies."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from deri_gate.data.picture import chroma
from deri_gate.features import overlay, second_shots
from deri_gate.features.colours import mean_colours
from deri_gate.features.near_duplicates import NearDuplicates, near_duplicates
from deri_gate.features.second_shots import second_shots_among
from deri_gate.runtime.store import Store
from tests.features.test_near_duplicates import covered, tiles
from tests.features.test_overlay import EDITS, bent, pictures, thumbnails_of  # noqa: F401


def near(pairs, turns=0):
    count = len(pairs)
    return NearDuplicates(
        pairs=np.array(pairs, dtype=np.int64).reshape(-1, 2),
        likeness=np.linspace(0.9, 0.99, count),
        turns=np.full(count, turns),
        distinct=np.ones(count, dtype=bool),
        heads=np.arange(2 * count),
        partial=(np.empty((0, 2), dtype=np.int64), np.empty(0)),
        augmented=(np.empty((0, 2), dtype=np.int64), np.empty(0)),
    )


@pytest.fixture(name="shown")
def _shown(pictures):  # noqa: F811
    """Twelve pictures, then each as if seen from a little elsewhere."""
    return thumbnails_of([*pictures, *(bent(p, 2) for p in pictures)])


PAIRS = [(i, 12 + i) for i in range(12)]


def test_pictures_whose_outlines_moved_are_second_shots(shown):
    assert second_shots_among(near(PAIRS), shown, np.full(24, 128)).all()


@pytest.mark.parametrize("edit", EDITS)
def test_no_edited_copy_is(pictures, edit):  # noqa: F811
    shown = thumbnails_of([*pictures, *(EDITS[edit](p) for p in pictures)])
    assert not second_shots_among(near(PAIRS), shown, np.full(24, 128)).any()


def test_a_small_one_in_the_pair_is_not_judged(shown):
    """A small picture is changed by saving and noise as much as by the next slice."""
    sides = np.full(24, 128)
    sides[[3, 17]] = 47
    expected = np.ones(12, dtype=bool)
    expected[[3, 5]] = False
    np.testing.assert_array_equal(second_shots_among(near(PAIRS), shown, sides), expected)


def test_turned_copies_are_not_judged(shown):
    assert not second_shots_among(near(PAIRS, turns=2), shown, np.full(24, 128)).any()


def test_of_many_pairs_the_least_alike_are_looked_at(shown, monkeypatch):
    monkeypatch.setattr(second_shots, "MOST", 5)
    found = second_shots_among(near(PAIRS), shown, np.full(24, 128))
    assert np.flatnonzero(found).tolist() == [0, 1, 2, 3, 4]


def test_a_copy_that_lacks_a_part_is_none(photos):
    """A part that is gone is left over, and no sign of another slice."""
    originals = list(tiles(photos))[::2]
    hidden = [covered(originals[i], side) for i, side in enumerate("tblr" * 3)]
    every = [*originals, *hidden]
    shown = thumbnails_of(every)
    found = near_duplicates(shown, mean_colours(np.array([chroma(p) for p in every])))
    second = second_shots_among(found, shown, np.full(len(every), 64))
    pairs = {(i, len(originals) + i) for i in range(len(hidden))}
    known = [tuple(pair) in pairs for pair in found.listed.pairs.tolist()]

    assert sum(known) >= 8
    assert not second[known].any()


def test_what_was_left_over_is_kept(shown, tmp_path, monkeypatch):
    """The second time no picture is laid over another; other pictures are."""
    store, sides = Store(tmp_path), np.full(24, 128)
    first = second_shots_among(near(PAIRS), shown, sides, store)
    looked = []
    monkeypatch.setattr(
        second_shots, "_least_left", lambda *given: looked.append(given) or np.ones(12)
    )

    np.testing.assert_array_equal(second_shots_among(near(PAIRS), shown, sides, store), first)
    assert not looked
    second_shots_among(near(PAIRS), shown[::-1].copy(), sides, store)
    assert len(looked) == 1


def test_threads_change_no_bit(shown, monkeypatch):
    """Two groups of pairs wait for each other, which one thread would never end."""
    both, laid_over = threading.Barrier(2, timeout=60), overlay._left_beside_a_third
    pairs = np.tile(shown[:12], (8, 1, 1)), np.tile(shown[12:], (8, 1, 1))
    alone = second_shots._least_left(*pairs, 1)

    def met(*given):
        both.wait()
        return laid_over(*given)

    monkeypatch.setattr(overlay, "_left_beside_a_third", met)

    np.testing.assert_array_equal(second_shots._least_left(*pairs, 2), alone)
