"""Neighbours of many images: nearly all of the true ones, and it is known how many."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deri_gate.features import candidate_index, list_index, neighbour_search, rough_look
from deri_gate.features.candidate_index import nearest_by
from deri_gate.features.neighbour_search import search_elsewhere, search_neighbours
from deri_gate.features.neighbours import nearest_neighbours, unit_vectors
from deri_gate.features.row_search import CandidateSearch, in_this_process
from tests.sweeps import sampled

COUNT, WIDTH, K = 1_500, 96, 10
DIRECTIONS = neighbour_search.DIRECTIONS  # as they are outside of tests


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch) -> None:
    """The sizes from which on something changes, for a test of a second."""
    monkeypatch.setattr(neighbour_search, "EXACT_BELOW", 1_000)
    monkeypatch.setattr(neighbour_search, "SAMPLE", 200)
    monkeypatch.setattr(neighbour_search, "DIRECTIONS", (24, 48))
    monkeypatch.setattr(neighbour_search, "PROBES", (2, 4, 8))
    monkeypatch.setattr(list_index, "PER_LIST", 60)
    monkeypatch.setattr(candidate_index, "FITTED", 1_000)


def clustered(count: int = COUNT, *, seed: int = 0) -> np.ndarray:
    """Vectors in clusters, with most of their length in few directions, as embeddings have."""
    rng = np.random.default_rng(seed)
    scale = np.arange(1, WIDTH + 1) ** -1.2
    centres = rng.standard_normal((12, WIDTH)) * scale
    own = centres[rng.integers(0, 12, count)] + 0.5 * rng.standard_normal((count, WIDTH)) * scale
    return unit_vectors((own + 0.2).astype(np.float32))


def true_neighbours(vectors: np.ndarray) -> list[set[int]]:
    """Every pair compared in double precision, by a sort."""
    wide = vectors.astype(np.float64)
    alike = wide @ wide.T
    np.fill_diagonal(alike, -9)
    return [set(row) for row in np.argsort(-alike, axis=1, kind="stable")[:, :K].tolist()]


def share_found(vectors: np.ndarray, found: np.ndarray) -> float:
    true = true_neighbours(vectors)
    return float(
        np.mean([len(own & {*row}) / K for own, row in zip(true, found.tolist(), strict=True)])
    )


@pytest.mark.parametrize("lists_from", [10**9, 1])
def test_nearly_all_neighbours_are_found(monkeypatch, lists_from) -> None:
    """By all images, and by lists; the share that is told is the true one."""
    monkeypatch.setattr(neighbour_search, "LISTS_FROM", lists_from)
    vectors = clustered()
    search = search_neighbours(vectors, K, device="cpu")
    true = share_found(vectors, search.positions)

    assert true >= 0.995
    assert search.recall == pytest.approx(true, abs=0.004)
    assert not (search.positions == np.arange(COUNT)[:, None]).any(), "one is its own neighbour"
    assert [len({*row}) for row in search.positions.tolist()] == [K] * COUNT
    again = search_neighbours(vectors, K, device="cpu")
    assert np.array_equal(search.positions, again.positions)


@pytest.mark.parametrize("wanted", sampled([0.93, 0.98, 0.997], 1))
def test_the_fewest_lists_are_taken_and_few_are_tried(monkeypatch, wanted) -> None:
    """Each number of lists tried in turn, against a sort of all, finds the same number."""
    numbers, count = range(5, 12), 1_000
    for name, value in {
        "LISTS_FROM": 1,
        "SAMPLE": count,
        "OF_LISTS": wanted,
        "PROBES": numbers,
    }.items():
        monkeypatch.setattr(neighbour_search, name, value)
    vectors, taken, tried = clustered(count), list[CandidateSearch](), list[int]()

    def spread(search, rows, tick):
        taken.append(search)
        return in_this_process(search, rows, tick)

    def spy(index, *known, **more):
        tried.append(getattr(index, "probes", 0))
        return nearest_by(index, *known, **more)

    monkeypatch.setattr(neighbour_search, "nearest_by", spy)
    search_neighbours(vectors, K, device="cpu", spread=spread)
    index, true = taken[0].index, true_neighbours(vectors)

    def share(probes: int) -> float:
        found = nearest_by(replace(index, probes=probes), vectors, np.arange(count), K)
        return (
            np.mean([len(own & {*row}) for own, row in zip(true, found.tolist(), strict=True)]) / K
        )

    assert index.probes == next(number for number in numbers if share(number) >= wanted)
    assert sum(number > 0 for number in tried) <= 1


def test_classes_that_take_turns_are_all_seen(monkeypatch) -> None:
    """Every tenth image is of one class of ten, each with directions of its own."""
    monkeypatch.setattr(candidate_index, "FITTED", COUNT // 10)
    monkeypatch.setattr(rough_look, "CANDIDATES", 20)
    rng, number = np.random.default_rng(0), np.arange(COUNT)
    vectors = 0.01 * rng.standard_normal((COUNT, 10, 10))
    vectors[number, number % 10, :4] += rng.standard_normal((COUNT, 4))
    search = search_neighbours(unit_vectors(vectors.reshape(COUNT, -1)), K, device="cpu")

    assert search.recall is not None, "every pair was compared"


def test_vectors_of_three_hundred_directions_are_not_compared_in_pairs(monkeypatch) -> None:
    """A million images of nine sets need more than 256, and in pairs they would take half a day."""
    monkeypatch.setattr(neighbour_search, "DIRECTIONS", DIRECTIONS)
    monkeypatch.setattr(rough_look, "CANDIDATES", 16)
    vectors = unit_vectors(np.random.default_rng(2).standard_normal((COUNT, 300)))
    search = search_neighbours(vectors.astype(np.float32), K, device="cpu")

    assert search.recall == 1


def test_few_images_are_compared_with_all(monkeypatch) -> None:
    """As before, to the last place."""
    vectors = clustered(900)
    search = search_neighbours(vectors, K, device="cpu")

    assert search.recall is None
    assert np.array_equal(search.positions, nearest_neighbours(vectors, K, device="cpu"))


def test_vectors_without_leading_directions_are_compared_with_all(monkeypatch) -> None:
    """Noise: few directions say nothing of it, and the sample shows that."""
    monkeypatch.setattr(rough_look, "CANDIDATES", 16)
    rng = np.random.default_rng(1)
    vectors = unit_vectors(rng.standard_normal((COUNT, WIDTH)).astype(np.float32))
    search = search_neighbours(vectors, K, device="cpu")

    assert search.recall is None
    assert share_found(vectors, search.positions) == 1


@pytest.mark.parametrize("lists_from", [10**9, 1])
def test_copies_and_empty_vectors(monkeypatch, lists_from) -> None:
    """Equally near ones: any of them is right, and none is missing."""
    monkeypatch.setattr(neighbour_search, "LISTS_FROM", lists_from)
    vectors = clustered()
    vectors[:700] = vectors[0]
    vectors[700:720] = 0
    search = search_neighbours(vectors, K, device="cpu")
    near = np.einsum("nkd,nd->nk", vectors[search.positions], vectors)

    assert search.positions.min() >= 0
    assert (near[:700] > 1 - 1e-5).all()
    assert search.recall is None or search.recall >= 0.995


def test_progress_counts_every_image() -> None:
    done = list[int]()
    search_neighbours(clustered(), K, device="cpu", tick=done.append)

    assert sum(done) == COUNT


@pytest.mark.parametrize("lists_from", [10**9, 1])
def test_nearly_all_of_other_groups_are_found(monkeypatch, lists_from) -> None:
    """Images of a patient lie together; one group holds half of all. Against a sort of all."""
    monkeypatch.setattr(neighbour_search, "LISTS_FROM", lists_from)
    vectors = clustered()
    groups = np.arange(COUNT) // 7
    vectors = unit_vectors(vectors + 0.8 * vectors[groups * 7])
    groups[: COUNT // 2] = 0
    known = nearest_neighbours(vectors, K, device="cpu")
    done = list[int]()
    search = search_elsewhere(
        vectors, K, groups=groups, known=known, device="cpu", tick=done.append
    )
    alike = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    alike[groups[:, None] == groups] = -9
    true = np.argsort(-alike, axis=1, kind="stable")[:, :K].tolist()
    rows = zip(true, search.positions.tolist(), strict=True)
    share = np.mean([len({*own} & {*row}) / K for own, row in rows])

    assert (groups[known] == groups[:, None]).any(axis=1).mean() > 0.5
    assert share >= 0.995
    assert search.recall == pytest.approx(share, abs=0.004)
    assert not (groups[search.positions] == groups[:, None]).any()
    assert sum(done) == COUNT


def test_too_few_others_are_told_in_large_sets_too() -> None:
    """All but four images are of one group: nearly every image has four others, found exactly."""
    vectors = clustered()
    groups = np.zeros(COUNT, dtype=np.int64)
    groups[[5, 70, 700, 1400]] = [1, 2, 3, 4]
    known = nearest_neighbours(vectors, K, device="cpu")
    nearest = search_elsewhere(vectors, K, groups=groups, known=known, device="cpu").positions
    many = groups == 0

    assert all({*row[:4]} == {5, 70, 700, 1400} for row in nearest[many].tolist())
    assert (nearest[many][:, 4:] == -1).all()
    assert (nearest[~many] >= 0).all()


def test_those_of_other_groups():
    """Brute force; one group holds so many that too few others are left."""
    vectors = clustered(60)
    groups = np.random.default_rng(1).permutation(
        np.repeat(np.arange(8), [54, 1, 1, 1, 1, 1, 0, 1])
    )
    known = nearest_neighbours(vectors, 10)
    found = search_elsewhere(vectors, 10, groups=groups, known=known).positions
    alike = vectors.astype(float) @ vectors.T

    for i, some in enumerate(found):
        others = np.flatnonzero(groups != groups[i])
        nearest = others[np.argsort(-alike[i, others])][:10]
        assert some[some >= 0].tolist() == nearest.tolist()
        assert (some < 0).sum() == 10 - len(nearest)


def test_groups_of_one_change_no_neighbour():
    vectors = clustered(40)
    known = nearest_neighbours(vectors, 5)

    np.testing.assert_array_equal(
        search_elsewhere(vectors, 5, groups=np.arange(40), known=known).positions, known
    )
