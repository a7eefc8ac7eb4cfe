"""Cells hold the pairs of many vectors that comparing all with all finds."""

from __future__ import annotations

import weakref

import numpy as np
import pytest

from deri_gate.features import cell_blocks, cells
from deri_gate.features.byte_products import ONE, in_bytes
from deri_gate.features.cell_blocks import ComparedViews, Reach
from deri_gate.features.cells import CellSearch, alike_in_cells, filled_of

WIDTH, LEAST = 99, 0.8


def vectors(count, *, copies=0, seed=0):
    """Unit vectors in random directions as bytes, and copies of the first with some noise."""
    generator = np.random.default_rng(seed)
    some = generator.normal(size=(count, WIDTH)) * np.linspace(3, 0.3, WIDTH)
    near = some[:copies] + 0.2 * generator.normal(size=(copies, WIDTH))
    every = np.concatenate([some, near])
    return in_bytes(every / np.linalg.norm(every, axis=1, keepdims=True))


def nearly(vector, others):
    """Vectors that are nearly equal: one of them, with very little of others."""
    vectors = vector + 0.001 * others.astype(np.float64)
    return in_bytes(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def found_in(entries, queries=None):
    blocks = alike_in_cells([ComparedViews(entries=entries, queries=queries, least=LEAST)])
    return {(min(p), max(p)) for block in blocks for p in block.pairs.tolist()}


def cells_of(entries):
    search = CellSearch.of(ComparedViews(entries=entries, queries=None, least=cell_blocks.STRICT))
    visits = search.visits(filled_of(entries))
    return [*search.cells(visits.parts(), visits.home)]


def by_brute_force(entries, queries):
    likeness = likeness_of(queries, entries)
    np.fill_diagonal(likeness, -1.0)
    return {(min(p), max(p)) for p in np.argwhere(likeness >= LEAST).tolist()}


def likeness_of(vectors, others):
    return vectors.astype(np.float64) @ others.T.astype(np.float64) / ONE


def test_vectors_of_a_search_are_let_go_before_the_next_are_made():
    gone = []

    def looks():
        for _ in range(3):
            entries = vectors(600)
            known = weakref.ref(entries)
            yield ComparedViews(entries=entries, queries=None, least=LEAST)
            del entries
            gone.append(known() is None)

    assert [*alike_in_cells(looks())]
    assert gone == [True, True, True]


@pytest.mark.parametrize("otherwise", [False, True])
def test_they_find_what_all_against_all_does(otherwise):
    entries = vectors(3000, copies=300)
    queries = np.roll(entries, 1, axis=0) if otherwise else None
    true = by_brute_force(entries, entries if queries is None else queries)

    assert len(true) >= 290
    assert found_in(entries, queries) == true


def test_queries_that_do_not_ask_are_found_by_those_that_do():
    """Against brute force: all pairs but those of which neither asks."""
    entries = vectors(3000, copies=300)
    asks = np.random.default_rng(1).random(len(entries)) < 0.5
    views = ComparedViews(entries=entries, queries=None, least=LEAST, asks=asks)
    blocks = [*alike_in_cells([views])]
    found = {(min(p), max(p)) for block in blocks for p in block.pairs.tolist()}
    true = {(a, b) for a, b in by_brute_force(entries, entries) if asks[a] or asks[b]}

    assert len(true) >= 200
    assert found == true
    assert asks[np.concatenate([block.queries for block in blocks])].all()


def test_a_brief_search_looks_into_few_cells_whatever_the_likeness():
    entries = vectors(3000)
    searches = [
        CellSearch.of(ComparedViews(entries=entries, queries=None, least=LEAST, brief=brief))
        for brief in (False, True)
    ]
    looks = [search.visits(search.asking).counts.mean() for search in searches]

    assert looks[1] < 0.5 * looks[0]


def test_they_hold_so_few_that_the_work_grows_little_faster_than_the_set():
    """Four times the vectors: all against all is sixteen times the work, cells eight times."""
    work = []
    for count in (2000, 8000):
        work.append(sum(len(rows) * len(columns) for rows, columns in cells_of(vectors(count))))

    assert work[1] <= 9 * work[0]
    assert work[1] <= 0.05 * 8000**2


def test_every_query_looks_into_its_likest_cells_and_none_into_more_than_a_bound(
    monkeypatch,
):
    """Against brute force; nearly equal queries are hardly less like any centre than the likest."""
    entries = vectors(3000)
    entries[::2] = nearly(entries[0], entries[::2])
    monkeypatch.setattr(cell_blocks, "LOOKS", looks := Reach(fewest=3, usual=5))
    search = CellSearch.of(ComparedViews(entries=entries, queries=None, least=cell_blocks.STRICT))
    visits = search.visits(filled_of(entries))
    likeness = ONE * likeness_of(in_bytes(cells.leading(entries)), search.centres)
    counts = visits.counts
    visited = np.zeros(likeness.shape, dtype=bool)
    visited[np.repeat(np.arange(3000), counts), visits.cells] = True
    rest = np.where(visited, -np.inf, likeness).max(axis=1)

    np.testing.assert_array_equal(visits.home, likeness.argmax(axis=1))
    assert visited[np.arange(3000), visits.home].all()
    assert counts.min() >= 3
    assert counts.max() == looks.most
    within = likeness >= likeness.max(axis=1, keepdims=True) - search.gap
    assert np.all(visited[counts < looks.most] >= within[counts < looks.most])
    assert np.all(np.where(visited, likeness, np.inf).min(axis=1) >= rest)


@pytest.mark.parametrize("centres", [4, 6, 25, 112, 503])
def test_the_highest_of_groups_hold_the_highest_and_are_hardly_lower(centres):
    """Against sorting; of few centres each is a group of its own."""
    products = np.random.default_rng(0).integers(-ONE, ONE, (40, centres), dtype=np.int32)
    found = cells._highest_of_groups(products, 6)
    ordered = np.sort(products, axis=1)

    assert found.shape == (40, min(6, centres))
    np.testing.assert_array_equal(found[:, -1], ordered[:, -1])
    assert np.all(found <= ordered[:, -found.shape[1] :])
    assert np.all(found[:, 0] >= ordered[:, -min(12, centres)])


def test_the_gap_does_not_depend_on_the_order_of_the_files():
    """One of eight cameras stands still, and its pictures come at each eighth place."""
    entries = vectors(8000)
    entries[::8] = nearly(entries[0], entries[::8])
    looks = [
        ComparedViews(entries=some, queries=None, least=cell_blocks.STRICT)
        for some in (entries, entries[np.random.default_rng(1).permutation(8000)])
    ]
    centres = CellSearch.of(looks[0]).centres
    named, mixed = (
        CellSearch(views=views, centres=centres, gap=cells._gap(views, centres))
        .visits(filled_of(views.seen))
        .counts.sum()
        for views in looks
    )

    assert named == pytest.approx(mixed, rel=0.15)


def test_flat_pictures_are_like_none_and_share_no_cell():
    """Zeros are no direction: a thousand of them would make the square of a thousand pairs."""
    entries = vectors(600, copies=50)
    flat = np.concatenate([entries, np.zeros((1000, WIDTH), np.int8)])
    looked_at = {i for rows, columns in cells_of(flat) for i in (*rows, *columns)}

    assert found_in(flat) == by_brute_force(entries, entries)
    assert max(looked_at) < 650
    assert found_in(np.zeros((200, WIDTH), np.int8)) == set()


def test_blocks_change_nothing(monkeypatch):
    entries = vectors(400, copies=40)
    whole = found_in(entries)
    monkeypatch.setattr(cells, "AT_ONCE", 7)
    monkeypatch.setattr(cell_blocks, "ROWS", 7)
    monkeypatch.setattr(cell_blocks, "COLUMNS", 11)

    assert found_in(entries) == whole
    assert len(whole) >= 40


def test_the_likest_of_the_others_is_neither_itself_nor_alike():
    """Against brute force; of vectors that are in one cell, all in the blocks of it."""
    entries = vectors(300, copies=30)
    likeness = likeness_of(entries, entries)
    best = dict.fromkeys(range(330), -1.0)
    for block in alike_in_cells([ComparedViews(entries=entries, queries=None, least=LEAST)]):
        for query, other, like in zip(block.queries, block.others, block.likeness, strict=True):
            assert like < LEAST
            assert like == pytest.approx(likeness[query, other], abs=1e-6) or like == -1.0
            best[query] = max(best[query], like)
    others = np.where(likeness < LEAST, likeness, -1.0).max(axis=1)

    assert np.mean(np.array([*best.values()]) >= others - 1e-6) >= 0.8


def test_a_crowd_is_connected_by_few_pairs():
    """A thousand vectors that are all alike: half a million pairs."""
    crowd = np.repeat(vectors(1), 1000, axis=0)
    pairs = found_in(crowd)

    assert {i for pair in pairs for i in pair} == set(range(1000))
    assert len(pairs) < 9000


def test_what_is_known_already_is_not_told_again():
    """Pairs are all told, and others that are likelier than the known one; a crowd among them."""
    entries = np.concatenate([vectors(3000, copies=300), np.repeat(vectors(1, seed=2), 90, axis=0)])
    known = np.random.default_rng(3).uniform(0.3, 0.9, len(entries)).astype(np.float32)
    pairs, told = [], []
    for likeness in (None, known):
        views = ComparedViews(entries=entries, queries=None, least=LEAST, known=likeness)
        blocks = [*alike_in_cells([views])]
        pairs.append([pair for block in blocks for pair in block.pairs.tolist()])
        rows = (zip(b.queries, b.others, b.likeness, strict=True) for b in blocks)
        told.append([row for some in rows for row in some])
    likelier = [[row for row in some if row[2] > known[row[0]]] for some in told]

    assert pairs[0] == pairs[1]
    assert likelier[0] == likelier[1]
    assert 0 < len(likelier[0]) <= len(told[1]) < 0.7 * len(told[0])


def test_a_block_that_tells_of_nothing_is_not_looked_at_again():
    """Where every query knows of likelier ones, nothing is chosen among its products."""
    entries = vectors(300)
    known = np.ones(len(entries), dtype=np.float32)
    views = ComparedViews(entries=entries, queries=None, least=1.1, known=known)
    blocks = [*alike_in_cells([views])]

    assert blocks
    assert all(block is cell_blocks.NONE_ALIKE for block in blocks)


def test_cells_hold_the_same_however_many_vectors_are_sorted_at_once(monkeypatch):
    """Against the visits themselves, cell by cell."""
    entries = vectors(700)
    search = CellSearch.of(ComparedViews(entries=entries, queries=None, least=LEAST))
    visits = search.visits(search.asking)
    rows = np.repeat(search.asking, visits.counts)
    monkeypatch.setattr(cells, "SOME", 97)
    found = [*search.cells(visits.parts(), visits.home)]

    assert len(found) == len(search.centres)
    for cell, (queries, inside) in enumerate(found):
        np.testing.assert_array_equal(queries, rows[visits.cells == cell])
        np.testing.assert_array_equal(inside, search.asking[visits.home == cell])


def test_visits_are_let_go_before_vectors_are_compared(monkeypatch):
    """Visits to all cells take much memory: kept is who looks into each."""
    kept, joined = [], cells.joined_visits

    def noted(parts):
        visits = joined(parts)
        kept.append(weakref.ref(visits.cells))
        return visits

    monkeypatch.setattr(cells, "joined_visits", noted)
    blocks = alike_in_cells([ComparedViews(entries=vectors(700), queries=None, least=LEAST)])
    next(blocks)

    assert kept
    assert not [some for some in kept if some() is not None]
