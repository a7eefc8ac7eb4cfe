"""Neighbours on a cluster of Ray with two nodes: the same bytes as here, whatever of it dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from deri_gate.errors import SettingError
from deri_gate.features import (
    candidate_index,
    far_neighbours,
    far_parts,
    list_index,
    neighbour_search,
    row_search,
)
from deri_gate.features.far_neighbours import FarNeighbours
from deri_gate.features.neighbour_search import search_elsewhere, search_neighbours
from deri_gate.features.neighbours import unit_vectors
from deri_gate.features.row_search import ExactSearch, in_this_process
from deri_gate.runtime.engine import Machine

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("ray", reason="Ray is not installed")
pytestmark = [
    pytest.mark.slow,  # half a minute; the job with Ray runs them
    pytest.mark.enable_socket,
    pytest.mark.filterwarnings("ignore"),  # those of Ray, of what it leaves open
]
COUNT, K = 1_600, 6
ALONE = """
import sys
import numpy as np
from deri_gate.features import far_neighbours, row_search
from deri_gate.runtime.engine import Machine
far_neighbours.FAR_FROM, row_search.PART, row_search.rows_in_a_block = 1, 16, lambda _: 16
search = row_search.ExactSearch(embeddings=np.load("vectors.npy"), k=6)
far = far_neighbours.FarNeighbours(machine=Machine(engine="ray", work="work"))
np.save("found.npy", far(search, np.arange(len(search.embeddings)), lambda done: done))
"""


@pytest.fixture
def vectors() -> np.ndarray:
    """Vectors with most of their length in few directions, as embeddings have."""
    rng, scale = np.random.default_rng(0), np.arange(1, 97) ** -1.2
    centres = rng.standard_normal((12, 96)) * scale
    own = centres[rng.integers(0, 12, COUNT)] + 0.5 * rng.standard_normal((COUNT, 96)) * scale
    return unit_vectors((own + 0.2).astype(np.float32))


@pytest.fixture
def small(monkeypatch) -> None:
    """The driver cuts the rows; few are many, and it pays to start workers for them."""
    monkeypatch.setattr(far_neighbours, "FAR_FROM", 300)
    monkeypatch.setattr(row_search, "PART", 256)
    monkeypatch.setattr(neighbour_search, "SAMPLE", 200)
    monkeypatch.setattr(neighbour_search, "DIRECTIONS", (24, 48))
    monkeypatch.setattr(neighbour_search, "PROBES", (2, 4, 8))
    monkeypatch.setattr(list_index, "PER_LIST", 60)
    monkeypatch.setattr(candidate_index, "FITTED", 1_000)


def far_in(place: Path) -> FarNeighbours:
    return FarNeighbours(machine=Machine(engine="ray", work=str(place / "work")))


def quiet(count: int) -> None:
    """Nobody is told."""


@pytest.mark.usefixtures("cluster", "small")
@pytest.mark.parametrize(
    ("exact_below", "lists_from"), [(10**9, 10**9), (1_000, 10**9), (1_000, 1)]
)
def test_the_same_neighbours_as_here(monkeypatch, vectors, tmp_path, exact_below, lists_from):
    """By comparing all, by candidates among all, and by lists."""
    monkeypatch.setattr(neighbour_search, "EXACT_BELOW", exact_below)
    monkeypatch.setattr(neighbour_search, "LISTS_FROM", lists_from)
    far = search_neighbours(vectors, K, device="cpu", spread=far_in(tmp_path))
    here = search_neighbours(vectors, K, device="cpu")

    np.testing.assert_array_equal(far.positions, here.positions)
    assert far.recall == here.recall
    assert (far.recall is None) == (exact_below > COUNT)
    assert [*(tmp_path / "work").glob("*.neighbours")]


def test_the_same_neighbours_in_other_groups(monkeypatch, cluster, small, vectors, tmp_path):
    """Only rows that have one of their own group among their neighbours are searched."""
    monkeypatch.setattr(neighbour_search, "EXACT_BELOW", 1_000)
    groups = np.arange(COUNT) // 8
    known = search_neighbours(vectors, K, device="cpu").positions
    known[::2, 0] = np.arange(0, COUNT, 2) // 8 * 8
    asked: dict[str, Any] = {"groups": groups, "known": known, "device": "cpu"}
    far = search_elsewhere(vectors, K, spread=far_in(tmp_path), **asked)
    here = search_elsewhere(vectors, K, **asked)

    np.testing.assert_array_equal(far.positions, here.positions)
    assert far.recall == here.recall
    assert [*(tmp_path / "work").glob("*.neighbours")]


@dataclass(frozen=True)
class Trouble:
    """A search that ends a worker in the middle, or all of them.

    Attributes:
        search: The search.
        flag: File that is there once the harm is done.
        driver: The process that is spared.
        always: Whether harm is done again and again.
    """

    search: ExactSearch
    flag: Path
    driver: int
    always: bool

    @property
    def k(self) -> int:
        return self.search.k

    def parts(self, rows: np.ndarray) -> list[np.ndarray]:
        return [*np.split(rows, range(200, len(rows), 200))]

    def __call__(self, rows: np.ndarray, tick: Any) -> np.ndarray:
        hurts = self.always or not self.flag.exists()
        if os.getpid() != self.driver and 700 in rows and hurts:
            self.flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return self.search(rows, tick)


@pytest.fixture
def troubled(monkeypatch, vectors, tmp_path):
    """Makes the search in which a worker ends."""
    monkeypatch.setattr(far_parts, "_told", str)

    def make(*, always: bool) -> Trouble:
        search = ExactSearch(embeddings=vectors, k=K)
        return Trouble(search, tmp_path / "done", os.getpid(), always)

    return make


def test_a_worker_that_dies_loses_nothing(cluster, small, troubled, tmp_path):
    """Its part is done again, by another."""
    search = troubled(always=False)
    found = far_in(tmp_path)(search, np.arange(COUNT), quiet)

    assert search.flag.exists()
    np.testing.assert_array_equal(found, in_this_process(search.search, np.arange(COUNT)))


def test_a_part_that_ends_every_worker_ends_the_run(cluster, small, troubled, tmp_path):
    """It does not go on for ever; what the others found is kept."""
    with pytest.raises(SettingError, match=r"ended 4 times"):
        far_in(tmp_path)(troubled(always=True), np.arange(COUNT), quiet)
    assert [*(tmp_path / "work").glob("*.neighbours")]


def test_a_killed_driver_goes_on_from_the_parts(cluster, vectors, tmp_path):
    """Killed after the first; the same command ends with the same bytes as here."""
    np.save(tmp_path / "vectors.npy", vectors)
    own = {**os.environ, "RAY_ADDRESS": cluster.address, "DERI_GATE_CACHE": str(tmp_path / "none")}
    command: dict[str, Any] = {"args": [sys.executable, "-c", ALONE], "cwd": tmp_path, "env": own}
    work = tmp_path / "work"
    with subprocess.Popen(**command) as driver:
        while driver.poll() is None and not [*work.glob("*.neighbours")]:
            time.sleep(0.01)
        driver.kill()
    before = {path: path.stat().st_mtime_ns for path in work.glob("*.neighbours")}
    subprocess.run(check=True, **command)

    assert driver.returncode == -signal.SIGKILL
    assert 0 < len(before) < COUNT // 16
    assert {path: path.stat().st_mtime_ns for path in before} == before
    # last bits depend on how many rows are multiplied at once: by 16, as there
    parts = np.split(np.arange(COUNT), range(16, COUNT, 16))
    search = ExactSearch(embeddings=vectors, k=K)
    here = np.concatenate([in_this_process(search, rows) for rows in parts])
    np.testing.assert_array_equal(np.load(tmp_path / "found.npy"), here)
