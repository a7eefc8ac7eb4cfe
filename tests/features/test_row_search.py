"""Parts of a search for neighbours: together they are the search, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from deri_gate.features import candidate_index, list_index, neighbours, row_search
from deri_gate.features.candidate_index import WholeIndex, leading_directions
from deri_gate.features.list_index import ListIndex, lists_of
from deri_gate.features.neighbours import products, unit_vectors
from deri_gate.features.row_search import CandidateSearch, ExactSearch, in_this_process
from tests.sweeps import sampled

COUNT, K = 700, 5


@pytest.fixture(autouse=True)
def small_parts(monkeypatch) -> None:
    """Blocks of 50 rows, and parts of 120 at least."""
    monkeypatch.setattr(neighbours, "BLOCK_BYTES", 4 * COUNT * 50)
    monkeypatch.setattr(candidate_index, "BLOCK_BYTES", 4 * COUNT * 50)
    monkeypatch.setattr(list_index, "PER_LIST", 40)
    monkeypatch.setattr(row_search, "PART", 120)


def search_of(kind: str, groups: np.ndarray | None) -> ExactSearch | CandidateSearch:
    """A search among vectors of which many are near many others."""
    rng = np.random.default_rng(0)
    vectors = unit_vectors(rng.standard_normal((COUNT, 48)).astype(np.float32) + 0.3)
    if kind == "exact":
        return ExactSearch(embeddings=vectors, k=K, groups=groups)
    low = vectors @ leading_directions(vectors, 16)
    index = (
        WholeIndex(low=low, groups=groups)
        if kind == "whole"
        else ListIndex(low=low, lists=lists_of(low), probes=3, groups=groups)
    )
    return CandidateSearch(index=index, embeddings=vectors, k=K, groups=groups)


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("kind", ["exact", "whole", "lists"])
@pytest.mark.parametrize("step", sampled([1, 3], 1))
def test_parts_bring_what_the_whole_brings(kind, grouped, step):
    """Each row once, in parts that ascend; also where only some rows are asked for."""
    groups = np.arange(COUNT) % 97 if grouped else None
    search, rows = search_of(kind, groups), np.arange(0, COUNT, step)
    parts = search.parts(rows)
    whole = in_this_process(search, rows)

    assert len(parts) > 1
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), rows)
    for part in parts:
        assert (np.diff(part) > 0).all()
        np.testing.assert_array_equal(
            in_this_process(search, part), whole[np.searchsorted(rows, part)]
        )


def test_a_part_is_looked_up_in_the_blocks_of_the_whole(monkeypatch):
    """So that no product is made in another block, whose last bits may differ."""
    search, rows = search_of("exact", None), np.arange(COUNT)
    blocks: list[tuple[int, ...]] = []
    largest = neighbours.largest

    def noted(values: np.ndarray, k: int) -> np.ndarray:
        blocks.append((*values.shape, hash(values.tobytes())))
        return largest(values, k)

    monkeypatch.setattr(neighbours, "largest", noted)
    in_this_process(search, rows)
    whole, blocks = blocks, []
    for part in search.parts(rows):
        in_this_process(search, part)

    assert blocks == whole
    assert len(whole) > len(search.parts(rows))


@pytest.mark.parametrize("kind", ["whole", "lists"])
@pytest.mark.parametrize("grouped", sampled([True, False]))
def test_candidates_depend_on_no_block_and_no_thread(monkeypatch, kind, grouped):
    """Products of whole numbers are exact."""
    search, rows = search_of(kind, np.arange(COUNT) % 97 if grouped else None), np.arange(COUNT)
    found = []
    for at_once, threads in ((256, 1), (7, 1), (256, 3), (33, 2)):
        monkeypatch.setattr(candidate_index, "AT_ONCE", at_once)
        with threadpool_limits(threads):
            found.append(in_this_process(search, rows))

    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


def test_no_rows_have_no_parts():
    """As where no image has one of its own group among its neighbours."""
    for kind in ("exact", "whole"):
        assert search_of(kind, None).parts(np.arange(0)) == []


@pytest.mark.parametrize("count", [1, 2, 5])
def test_products_are_the_same_with_any_number_of_threads(count):
    """A worker has other threads than the driver; alone, one row would have other last bits."""
    rng = np.random.default_rng(0)
    some, every = (rng.standard_normal((n, 64), dtype=np.float32) for n in (count, 30_011))
    made = []
    for threads in (1, 2, 3, 8):
        with threadpool_limits(threads):
            made.append(products(some, every))

    assert {one.tobytes() for one in made} == {made[0].tobytes()}
    np.testing.assert_allclose(made[0], np.inner(some, every), rtol=0, atol=1e-4)
    assert made[0].shape == (count, 30_011)
