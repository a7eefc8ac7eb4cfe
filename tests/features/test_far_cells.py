"""Near duplicates that workers find in cells; a cluster's own are tested with Ray."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from deri_gate.errors import SettingError
from deri_gate.features import cells, far_cells, far_parts, far_visits, near_duplicates
from deri_gate.features.byte_products import in_bytes
from deri_gate.features.cell_blocks import Alike, ComparedViews
from deri_gate.features.cells import alike_in_cells
from deri_gate.features.far_cells import FarCells, cells_by
from deri_gate.runtime.actors import WorkerShare
from deri_gate.runtime.engine import Machine
from tests.features.test_many_pictures import made
from tests.sweeps import sampled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

COUNT, WIDTH = 400, 40


@pytest.fixture
def done(monkeypatch) -> list[str]:
    """Workers are this process, and few pictures are many; names of what they did."""
    names: list[str] = []

    def workers(make, tasks, share):
        assert share.cores == 1
        work = make()
        for number in reversed(range(len(tasks))):
            names.append(work(tasks[number]))
            yield number, names[-1]

    share = WorkerShare(workers=1, cores=1, gpus=0)
    monkeypatch.setattr(far_parts, "done_by_actors", workers)
    monkeypatch.setattr(far_parts, "share_of_cluster", lambda *_, **__: share)
    monkeypatch.setattr(far_cells, "FAR_FROM", 100)
    monkeypatch.setattr(far_cells, "COMPARED", 4_000)
    monkeypatch.setattr(far_visits, "ASKING", 128)
    monkeypatch.setattr(cells, "AT_ONCE", 32)
    return names


@pytest.fixture
def far(tmp_path) -> FarCells:
    return FarCells(machine=Machine(engine="ray", work=str(tmp_path / "work")))


@pytest.fixture
def looks() -> list[ComparedViews]:
    """Pictures with copies, some of them flat, as they are and with others' views."""
    rng = np.random.default_rng(0)
    some = rng.standard_normal((COUNT, WIDTH)) * np.linspace(3, 0.3, WIDTH)
    some[-60:] = some[:60] + 0.1 * rng.standard_normal((60, WIDTH))
    some /= np.linalg.norm(some, axis=1, keepdims=True)
    some[100:110] = 0
    entries = in_bytes(some)
    flat = ComparedViews(entries=np.zeros_like(entries), queries=None, least=0.8)
    turned = ComparedViews(entries=entries, queries=np.roll(entries, 1, axis=0), least=0.95)
    return [ComparedViews(entries=entries, queries=None, least=0.8), flat, turned]


def assert_same(one: Sequence[Alike], other: Sequence[Alike]) -> None:
    assert len(one) == len(other) > 0
    for a, b in zip(one, other, strict=True):
        for name in ("queries", "others", "likeness", "pairs"):
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


def kept(tmp_path: Path, kind: str) -> list[Path]:
    return sorted((tmp_path / "work").glob(f"*.{kind}"))


def test_blocks_are_those_found_here(done, far, looks, tmp_path):
    """Block by block in one order, whatever part is done first; flat pictures have none."""
    found, here = [*far(looks)], [*alike_in_cells(looks)]

    assert_same(found, here)
    assert sum(len(block.pairs) for block in found) >= 120
    assert len({*done}) == len(done) == len(kept(tmp_path, "visits")) + len(kept(tmp_path, "alike"))
    assert len(kept(tmp_path, "visits")) == 12
    assert len(kept(tmp_path, "alike")) >= 8


@pytest.mark.usefixtures("done")
def test_pairs_of_a_set_are_the_same_bytes(monkeypatch, far):
    """All the way: copies of every kind, as they are and turned."""
    monkeypatch.setattr(near_duplicates, "EXACT", 100)
    monkeypatch.setattr(far_cells, "COMPARED", 10**9)
    here = near_duplicates.near_duplicates(*made(120))
    found = near_duplicates.near_duplicates(*made(120), far)

    assert len(found.pairs) >= 20
    assert found.turns.any()
    for name in ("pairs", "likeness", "turns", "distinct", "heads"):
        np.testing.assert_array_equal(getattr(found, name), getattr(here, name))
    further = zip(found.partial + found.augmented, here.partial + here.augmented, strict=True)
    for one, other in further:
        np.testing.assert_array_equal(one, other)


def test_a_second_run_goes_on_from_what_is_there(done, far, looks, tmp_path):
    """As after a driver that was killed; only the parts that are not there are done."""
    first = [*far(looks)]
    lost = [kept(tmp_path, "visits")[1], kept(tmp_path, "alike")[2]]
    for path in lost:
        path.unlink()
    done.clear()

    assert_same([*far(looks)], first)
    assert sorted(done) == sorted(path.name for path in lost)
    done.clear()
    assert_same([*far(looks)], first)
    assert not done


@pytest.mark.parametrize("kind", ["visits", "alike"])
@pytest.mark.parametrize(
    "damage",
    sampled(
        [
            lambda raw: raw[:-4],
            lambda raw: raw[:40] + bytes([raw[40] ^ 1]) + raw[41:],
            lambda _: b"",
        ]
    ),
)
def test_a_damaged_file_is_made_again(done, far, looks, tmp_path, kind, damage):  # noqa: PLR0917
    """Nothing in a file is believed that its seal does not confirm."""
    first = [*far(looks)]
    hurt = kept(tmp_path, kind)[0]
    whole = hurt.read_bytes()
    hurt.write_bytes(damage(whole))
    done.clear()

    assert_same([*far(looks)], first)
    assert done == [hurt.name]
    assert hurt.read_bytes() == whole


@pytest.mark.usefixtures("done")
@pytest.mark.parametrize("kind", ["visits", "alike"])
@pytest.mark.parametrize("value", [b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f"])
def test_a_sealed_file_with_numbers_of_nothing_is_not_believed(
    monkeypatch, far, looks, kind, value
):
    """Another program could have sealed it; a position outside would be read beyond the array."""
    work = {"visits": far_visits.VisitsWork, "alike": far_cells.CellsWork}[kind]
    to_bytes = work.to_bytes
    monkeypatch.setattr(work, "to_bytes", lambda self, found: to_bytes(self, found)[:-4] + value)

    with pytest.raises(SettingError, match=rf"the file \w+\.{kind}, which a worker wrote"):
        [*far(looks)]


@pytest.mark.usefixtures("done")
@pytest.mark.parametrize(("size", "left"), [("0", False), ("1GB", True)])
def test_without_a_work_folder_the_limit_of_the_cache_holds(
    looks, tmp_path, monkeypatch, size, left
):
    """Files of a search are there until it has ended."""
    monkeypatch.setenv("DERI_GATE_CACHE", str(tmp_path))
    monkeypatch.setenv("DERI_GATE_CACHE_SIZE", size)
    found = [*FarCells(machine=Machine(engine="ray"))(looks)]

    assert_same(found, [*alike_in_cells(looks)])
    assert bool([*tmp_path.rglob("*.alike")]) == left


def test_few_pictures_are_compared_here(monkeypatch, done, far, looks, tmp_path):
    """To start workers takes longer."""
    monkeypatch.setattr(far_cells, "FAR_FROM", COUNT + 1)

    assert_same([*far(looks)], [*alike_in_cells(looks)])
    assert not done


@pytest.mark.parametrize("engine", ["local", "ray"])
def test_only_ray_has_workers(engine):
    """Without it nothing is written."""
    assert isinstance(cells_by(Machine(engine=engine)), FarCells) == (engine == "ray")


def test_without_ray_threads_find_the_same_blocks_in_the_same_order(looks):
    spread = cells_by(Machine(workers=3))

    assert_same([*spread(looks)], [*alike_in_cells(looks)])
