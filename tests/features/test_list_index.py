"""Lists of images that lie together: each image looks into those that lie nearest to itself."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.features import candidate_index, list_index, rough_look
from deri_gate.features.list_index import ListIndex, Lists, lists_of
from deri_gate.features.neighbours import unit_vectors

COUNT, WIDTH, PROBES = 1_200, 24, 4


@pytest.fixture(autouse=True)
def short_lists(monkeypatch) -> None:
    """Lists of about 50 images, with candidates that are fewer than four lists hold."""
    monkeypatch.setattr(list_index, "PER_LIST", 50)
    monkeypatch.setattr(rough_look, "CANDIDATES", 20)


@pytest.fixture(scope="module")
def low() -> np.ndarray:
    return unit_vectors(
        np.random.default_rng(0).standard_normal((COUNT, WIDTH)).astype(np.float32) + 0.2
    )


def ranks(low: np.ndarray, lists: Lists) -> np.ndarray:
    """Rank of each list for each image, by cosines in double precision; 0 for the nearest."""
    cosines = low.astype(np.float64) @ lists.centres.T.astype(np.float64)
    return np.argsort(np.argsort(-cosines, axis=1), axis=1)


def test_so_many_lists_nearest_to_each_image_are_chosen(low) -> None:
    """But for those as near as bytes can tell."""
    lists = lists_of(low)
    chosen, rank = lists.chosen(low, PROBES), ranks(low, lists)

    assert (chosen.sum(axis=1) == PROBES).all()
    assert chosen[rank < PROBES].mean() > 0.97
    assert not chosen[rank > PROBES + 3].any()
    assert lists.chosen(low[:3], 10**6).all()


def test_of_lists_equally_near_the_first_are_chosen() -> None:
    """Copies of a centre: what is chosen depends on no sort's whim."""
    centres = np.repeat(np.eye(2, 8, dtype=np.float32), 5, axis=0)
    lists = Lists(of=np.zeros(20, dtype=np.int64), centres=centres)
    chosen = lists.chosen(np.eye(2, 8, dtype=np.float32) + 0.1, 3)

    assert [np.flatnonzero(row).tolist() for row in chosen] == [[0, 1, 2], [5, 6, 7]]


@pytest.mark.parametrize("grouped", [False, True])
def test_candidates_are_the_nearest_in_the_lists_of_each_image(low, grouped) -> None:
    """Against a sort of all that lies in its lists, in double precision."""
    lists, rows = lists_of(low), np.arange(0, COUNT, 3)
    groups = np.arange(COUNT) % 9 if grouped else None
    index = ListIndex(low=low, lists=lists, probes=PROBES, groups=groups)
    found = {row: set(near) for some, many in index.candidates(rows)
             for row, near in zip(some.tolist(), many.tolist(), strict=True)}  # fmt: skip
    chosen, alike = lists.chosen(low, PROBES), low.astype(np.float64) @ low.T

    assert sorted(found) == rows.tolist()
    for row in rows.tolist():
        looked = chosen[row, lists.of]
        if groups is not None:
            looked &= groups != groups[row]
        places = np.flatnonzero(looked)
        assert found[row] - {row} == {*places[np.argsort(-alike[row, places])][:20]} - {row}


def test_a_long_list_takes_no_more_memory(low, monkeypatch) -> None:
    """Images that are alike lie in one list, which may hold most of them."""
    alike = np.concatenate([low[:200], np.tile(low[0], (COUNT - 200, 1))])
    index = ListIndex(low=alike, lists=lists_of(alike), probes=PROBES)
    whole = {row: set(near) for some, many in index.candidates(np.arange(COUNT))
             for row, near in zip(some.tolist(), many.tolist(), strict=True)}  # fmt: skip
    held, nearest = list[int](), rough_look.RoughLook.nearest

    def noted(self, rows, products, pages):
        held.append(products.size)
        return nearest(self, rows, products, pages)

    monkeypatch.setattr(candidate_index, "BLOCK_BYTES", 8 * 20 * COUNT)
    monkeypatch.setattr(rough_look.RoughLook, "nearest", noted)
    parts = list(index.candidates(np.arange(COUNT)))

    assert index.lists.sizes.max() > COUNT / 2
    assert max(held) < 25 * COUNT  # with what pages are filled up by
    assert sorted(row for some, _ in parts for row in some.tolist()) == sorted(whole)
    for some, many in parts:
        for row, near in zip(some.tolist(), many.tolist(), strict=True):
            np.testing.assert_allclose(
                np.sort(alike[near] @ alike[row]),
                np.sort(alike[[*whole[row]]] @ alike[row]),
                atol=1e-5,
            )


def test_lists_nearer_than_the_one_of_another_image_are_counted(low) -> None:
    """The place of its list among those nearest to the image; none is farther than any."""
    lists = lists_of(low)
    others = np.random.default_rng(1).integers(0, COUNT, (COUNT, 5))
    others[:, 4] = -1
    found = lists.distances(low, others)

    for probes in (1, 5, len(lists.centres)):
        held = np.take_along_axis(lists.chosen(low, probes), lists.of[others[:, :4]], axis=1)
        np.testing.assert_array_equal(found[:, :4] < probes, held)
    assert (found[:, 4] > len(lists.centres)).all()


def test_an_image_far_from_its_own_list_finds_what_lies_beside_it() -> None:
    """On the border of two lists, its neighbours lie in both; a third is nearer to its centre."""
    angles = np.deg2rad([0, 1, 2, 59, 61, 62, 119, 120, -50, -49])
    low = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    centres = np.deg2rad([15, 100, -49])
    lists = Lists(
        of=np.array([0, 0, 0, 0, 1, 1, 1, 1, 2, 2]),
        centres=np.stack([np.cos(centres), np.sin(centres)], axis=1).astype(np.float32),
    )
    index = ListIndex(low=low, lists=lists, probes=2)
    near = dict(
        zip(*map(np.ndarray.tolist, next(iter(index.candidates(np.array([3]))))), strict=True)
    )

    assert {4, 5} <= set(near[3])
