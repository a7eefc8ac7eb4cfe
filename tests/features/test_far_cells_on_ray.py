"""Near duplicates on a cluster of Ray with two nodes: the bytes found here, whatever of it dies."""

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
from deri_gate.features import far_cells, far_visits, near_duplicates
from deri_gate.features.byte_products import in_bytes
from deri_gate.features.cell_blocks import ComparedViews
from deri_gate.features.cells import alike_in_cells
from deri_gate.features.far_cells import FarCells
from deri_gate.features.kept_pairs import to_bytes
from deri_gate.runtime.engine import Machine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

pytest.importorskip("ray", reason="Ray is not installed")
pytestmark = [
    pytest.mark.slow,  # half a minute; the job with Ray runs them
    pytest.mark.enable_socket,
    pytest.mark.filterwarnings("ignore"),  # those of Ray, of what it leaves open
]
COUNT = 3_000
ALONE = """
import numpy as np
from deri_gate.features import far_cells, far_visits, kept_pairs, near_duplicates
from deri_gate.runtime.engine import Machine
far_cells.FAR_FROM, far_cells.COMPARED, far_visits.ASKING = 1, 2_000, 1_024
near_duplicates.EXACT = 1
far = far_cells.FarCells(machine=Machine(engine="ray", work="work"))
thumbnails = np.load("thumbnails.npy")
near = near_duplicates.near_duplicates(thumbnails, np.full((len(thumbnails), 2), np.nan), far)
open("found.npz", "wb").write(kept_pairs.to_bytes(near))
"""


def thumbnails_of(count: int) -> np.ndarray:
    """Patches of few waves, with copies: brighter, and mirrored."""
    rng, waves = np.random.default_rng(0), np.cos(np.outer(np.arange(8), np.arange(32) + 0.5) / 10)
    shown = np.einsum("nab,ai,bj->nij", rng.normal(0, 14, (count, 8, 8)), waves, waves)
    some = np.clip(128 + shown, 0, 255).astype(np.uint8)
    some[-20:] = np.clip(some[:20] * 0.9, 0, 255)
    some[-40:-20] = some[20:40, :, ::-1]
    return some


def found_in(thumbnails: np.ndarray, spread: Any) -> bytes:
    colours = np.full((len(thumbnails), 2), np.nan)
    return to_bytes(near_duplicates.near_duplicates(thumbnails, colours, spread))


@pytest.fixture
def small(monkeypatch) -> None:
    """Few pictures are many, and it pays to start workers for them."""
    monkeypatch.setattr(far_cells, "FAR_FROM", 1)
    monkeypatch.setattr(far_cells, "COMPARED", 20_000)
    monkeypatch.setattr(far_visits, "ASKING", 1_024)
    monkeypatch.setattr(near_duplicates, "EXACT", 1)


def far_in(place: Path) -> FarCells:
    return FarCells(machine=Machine(engine="ray", work=str(place / "work")))


@pytest.mark.usefixtures("cluster", "small")
def test_the_same_pairs_as_here(tmp_path):
    """All the way: of copies as they are, and turned ones."""
    thumbnails = thumbnails_of(COUNT)

    assert found_in(thumbnails, far_in(tmp_path)) == found_in(thumbnails, alike_in_cells)
    assert [*(tmp_path / "work").glob("*.alike")]


@dataclass(frozen=True, kw_only=True)
class Trouble(ComparedViews):
    """Views whose comparison ends a worker in the middle, or all of them.

    Attributes:
        flag: File that is there once the harm is done.
        driver: The process that is spared.
        always: Whether harm is done again and again.
    """

    flag: Path
    driver: int
    always: bool

    def blocks(self, cell: Any) -> Iterator[Any]:
        hurts = self.always or not self.flag.exists()
        if os.getpid() != self.driver and 700 in cell[1] and hurts:
            self.flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return ComparedViews.blocks(self, cell)


@pytest.fixture
def troubled(monkeypatch, tmp_path):
    """Makes the views with which a worker ends."""
    monkeypatch.setattr(far_cells, "digest_of", str)
    rng = np.random.default_rng(0)
    some = rng.standard_normal((COUNT, 40)) * np.linspace(3, 0.3, 40)
    some[-60:] = some[:60] + 0.1 * rng.standard_normal((60, 40))
    entries = in_bytes(some / np.linalg.norm(some, axis=1, keepdims=True))

    def make(*, always: bool) -> Sequence[Trouble]:
        own: dict[str, Any] = {"driver": os.getpid(), "always": always, "flag": tmp_path / "done"}
        return [Trouble(entries=entries, queries=None, least=0.8, **own)]

    return make


def test_a_worker_that_dies_loses_nothing(cluster, small, troubled, tmp_path):
    """Its part is done again, by another."""
    views = troubled(always=False)
    found = [*far_in(tmp_path)(views)]
    here = [*alike_in_cells(views)]

    assert views[0].flag.exists()
    assert len(found) == len(here)
    for one, other in zip(found, here, strict=True):
        np.testing.assert_array_equal(one.pairs, other.pairs)
        np.testing.assert_array_equal(one.likeness, other.likeness)


def test_a_part_that_ends_every_worker_ends_the_run(cluster, small, troubled, tmp_path):
    """It does not go on for ever; what was found before is kept."""
    with pytest.raises(SettingError, match=r"ended 4 times"):
        [*far_in(tmp_path)(troubled(always=True))]
    assert [*(tmp_path / "work").glob("*.visits")]


def test_a_killed_driver_goes_on_from_the_parts(cluster, small, tmp_path):
    """Killed after the first cells; the same command ends with the same bytes as here."""
    thumbnails = thumbnails_of(COUNT)
    np.save(tmp_path / "thumbnails.npy", thumbnails)
    own = {**os.environ, "RAY_ADDRESS": cluster.address, "DERI_GATE_CACHE": str(tmp_path / "none")}
    command: dict[str, Any] = {"args": [sys.executable, "-c", ALONE], "cwd": tmp_path, "env": own}
    work = tmp_path / "work"
    with subprocess.Popen(**command) as driver:
        while driver.poll() is None and not [*work.glob("*.alike")]:
            time.sleep(0.01)
        driver.kill()
    before = {path: path.stat().st_mtime_ns for path in work.glob("*.*")}
    subprocess.run(check=True, **command)

    assert driver.returncode == -signal.SIGKILL
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len([*work.glob("*.alike")]) > len([path for path in before if path.suffix == ".alike"])
    assert (tmp_path / "found.npz").read_bytes() == found_in(thumbnails, alike_in_cells)
