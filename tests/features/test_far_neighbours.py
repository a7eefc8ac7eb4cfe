"""Neighbours that workers find, and the files they leave; a cluster's own are tested with Ray."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from deri_gate.errors import SettingError
from deri_gate.features import far_neighbours, far_parts, row_search
from deri_gate.features.far_neighbours import FarNeighbours, RowsWork, spread_by
from deri_gate.features.far_parts import KeptParts, digest_of
from deri_gate.features.neighbours import unit_vectors
from deri_gate.features.row_search import CandidateSearch, ExactSearch, in_this_process
from deri_gate.runtime.actors import WorkerShare
from deri_gate.runtime.engine import Machine

if TYPE_CHECKING:
    from pathlib import Path

COUNT, K = 300, 4
ROWS = np.arange(COUNT)


@pytest.fixture
def done(monkeypatch) -> list[int]:
    """Workers are this process, and all rows are worth it; lengths of the parts they did."""
    lengths: list[int] = []

    def workers(make, tasks, share):
        assert share.cores == 1
        work = make()
        for number, task in reversed([*enumerate(tasks)]):
            lengths.append(len(task))
            yield number, work(task)

    share = WorkerShare(workers=1, cores=1, gpus=0)
    monkeypatch.setattr(far_parts, "done_by_actors", workers)
    monkeypatch.setattr(far_parts, "share_of_cluster", lambda *_, **__: share)
    monkeypatch.setattr(far_neighbours, "FAR_FROM", 100)
    monkeypatch.setattr(row_search, "PART", 64)
    monkeypatch.setattr(row_search, "rows_in_a_block", lambda _: 32)
    return lengths


@pytest.fixture
def search() -> ExactSearch:
    vectors = np.random.default_rng(0).standard_normal((COUNT, 12)).astype(np.float32)
    return ExactSearch(embeddings=unit_vectors(vectors), k=K)


@pytest.fixture
def far(tmp_path) -> FarNeighbours:
    return FarNeighbours(machine=Machine(engine="ray", work=str(tmp_path / "work")))


def kept(tmp_path) -> list[Path]:
    return sorted((tmp_path / "work").glob("*.neighbours"))


def quiet(count: int) -> None:
    """Nobody is told."""


def test_neighbours_are_those_found_here(done, search, far, tmp_path):
    """Whatever part comes first; all rows are told as done."""
    told: list[int] = []
    found = far(search, ROWS, told.append)

    np.testing.assert_array_equal(found, in_this_process(search, ROWS))
    assert done == [44, 64, 64, 64, 64]
    assert sum(told) == COUNT
    assert len(kept(tmp_path)) == 5


def test_a_second_run_goes_on_from_what_is_there(done, search, far, tmp_path):
    """As after a driver that was killed; only the part that is not there is done."""
    first = far(search, ROWS, quiet)
    lost = next(path for path in kept(tmp_path) if path.stat().st_size == 32 + 44 * 4 * K)
    lost.unlink()
    done.clear()
    second, third = far(search, ROWS, quiet), far(search, ROWS, quiet)

    assert done == [44]
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, third)


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw[:-4],
        lambda raw: raw + b"\0",
        lambda raw: raw[:40] + bytes([raw[40] ^ 1]) + raw[41:],
        lambda _: b"",
    ],
)
def test_a_damaged_file_is_made_again(done, search, far, tmp_path, damage):
    """Nothing in a file is believed that its seal does not confirm."""
    first = far(search, ROWS, quiet)
    hurt = kept(tmp_path)[0]
    whole = hurt.read_bytes()
    hurt.write_bytes(damage(whole))
    done.clear()

    np.testing.assert_array_equal(far(search, ROWS, quiet), first)
    assert len(done) == 1
    assert hurt.read_bytes() == whole


def test_the_file_of_other_rows_is_not_believed(done, search, far, tmp_path):
    """Each seal is that of its name."""
    first = far(search, ROWS, quiet)
    one, other = (path for path in kept(tmp_path)[:2])
    one.write_bytes(other.read_bytes())

    np.testing.assert_array_equal(far(search, ROWS, quiet), first)


def test_a_file_that_nobody_else_sees_is_told(done, search, far, monkeypatch):
    """A worker whose path leads elsewhere writes where the driver reads nothing."""
    monkeypatch.setattr(KeptParts, "__call__", lambda self, rows: self.work.name(rows))

    with pytest.raises(SettingError, match=r"the file \w+\.neighbours, which a worker wrote"):
        far(search, ROWS, quiet)


def test_few_rows_are_looked_up_here(done, search, far, tmp_path):
    """To start workers takes longer."""
    np.testing.assert_array_equal(far(search, ROWS[:99], quiet), in_this_process(search, ROWS[:99]))
    assert not done
    assert not kept(tmp_path)


def test_a_search_is_known_by_all_that_is_in_it(search):
    """Else a file of other vectors would be taken for one of these."""
    other = search.embeddings.copy()
    other[7, 3] = np.nextafter(other[7, 3], 1, dtype=np.float32)
    lists = row_search.CandidateSearch(index=search, embeddings=search.embeddings, k=K)
    digests = [
        digest_of(one)
        for one in (
            search,
            replace(search, k=K + 1),
            replace(search, groups=ROWS),
            replace(search, embeddings=other),
            lists,
            CandidateSearch(index=replace(search, k=9), embeddings=search.embeddings, k=K),
        )
    ]

    assert len({*digests}) == len(digests)
    assert digest_of(replace(search)) == digests[0]


@pytest.mark.usefixtures("done")
@pytest.mark.parametrize(("size", "files"), [("0", 0), ("1GB", 5)])
def test_without_a_work_folder_the_limit_of_the_cache_holds(
    search, tmp_path, monkeypatch, size, files
):
    monkeypatch.setenv("DERI_GATE_CACHE", str(tmp_path))
    monkeypatch.setenv("DERI_GATE_CACHE_SIZE", size)
    FarNeighbours(machine=Machine(engine="ray"))(search, ROWS, lambda _: None)

    assert len([*tmp_path.rglob("*.neighbours")]) == files


def test_a_worker_of_another_version_is_refused(search, far, tmp_path):
    """It may cut its blocks in another way."""
    work = RowsWork(search=search, searched="")
    folder = far_parts.WorkFolder.of(str(tmp_path), 2**20)
    part = KeptParts(work=work, folder=folder, version="0.0.1")

    with pytest.raises(SettingError, match=r"Install 0\.0\.1 there"):
        part.ready()


@pytest.mark.parametrize(
    ("engine", "kind"), [("local", type(in_this_process)), ("ray", FarNeighbours)]
)
def test_only_ray_has_workers(engine, kind):
    """Without it nothing is written."""
    assert isinstance(spread_by(Machine(engine=engine)), kind)
