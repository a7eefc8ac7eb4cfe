"""Neighbours that an index found: kept with the share of the true ones, which a report says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deri_gate.data.dataset import Dataset
from deri_gate.features import neighbour_search
from deri_gate.features.neighbours import unit_vectors
from deri_gate.measuring import neighbours
from deri_gate.measuring.neighbours import search_note
from deri_gate.runtime.figures import percent
from deri_gate.runtime.store import Store


@pytest.fixture
def vectors() -> np.ndarray:
    rng = np.random.default_rng(0)
    scale = np.arange(1, 97) ** -1.0
    return unit_vectors((rng.standard_normal((800, 96)) * scale + 0.1).astype(np.float32))


@pytest.fixture
def large(monkeypatch) -> None:
    """A set of this size counts as a large one."""
    for module in (neighbours, neighbour_search):
        monkeypatch.setattr(module, "EXACT_BELOW", 500)
    monkeypatch.setattr(neighbour_search, "DIRECTIONS", (32,))
    monkeypatch.setattr(neighbour_search, "WANTED", 0.99)


@pytest.fixture
def evidence(evidence_of, vectors, tmp_path):
    """Makes evidence of 800 images by one store; their pictures are never asked for."""
    names = tuple(f"{n:04d}.png" for n in range(800))
    dataset = Dataset(name="set", ids=names, classes=("a",), labels=((0,),) * 800,
                      source=None, rows=np.arange(800))  # fmt: skip

    def make():
        found = evidence_of(dataset, store=Store(tmp_path / "store"), embeddings=vectors)
        known = {"_arrangement": "these", "_origin": None, "wanted": frozenset({"neighbours"})}
        vars(found).update(dataset=dataset, **known)
        return found

    return make


def test_a_second_run_has_the_same_neighbours_and_says_the_same(
    large, evidence, monkeypatch
) -> None:
    first, note = evidence().neighbour_search, search_note(evidence())
    monkeypatch.setattr(neighbours, "search_neighbours", None)  # nothing is looked for again
    second = evidence().neighbour_search

    assert np.array_equal(first.positions, second.positions)
    assert first.recall == second.recall
    assert 0.99 <= first.recall <= 1
    assert note == search_note(evidence())
    assert note.startswith("nearest images by an index, which found ")
    assert f"{percent(first.recall)} of those of 1,000 images" in note


def test_a_small_set_is_told_nothing(evidence) -> None:
    assert evidence().neighbour_search.recall is None
    assert search_note(evidence()) == ""


@pytest.mark.parametrize("engine", ["local", "ray"])
def test_the_settings_say_where_rows_are_looked_up(large, evidence, monkeypatch, engine) -> None:
    """All rows, and those that lack neighbours after that."""
    found = evidence()
    context = replace(found.context, machine=replace(found.context.machine, engine=engine))
    vars(found)["context"] = context
    given: list[int] = []

    def workers(search, rows, tick):
        given.append(len(rows))
        return search(rows, tick)

    monkeypatch.setattr(neighbours, "spread_by", {context.machine: workers}.get)

    assert found.neighbour_search.positions.shape == (800, found.profile.neighbours)
    assert given == [800, 0]
