"""A cluster of Ray with two nodes: the same bytes as here, whatever of it dies."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from deri_gate.data.readers import open_dataset
from deri_gate.errors import DatasetError, SettingError, UnreadableImageError
from deri_gate.features import shard_scan
from deri_gate.features.scan import scan
from deri_gate.metrics.context import Context
from deri_gate.metrics.profile import STANDARD
from deri_gate.runtime.engine import Machine
from deri_gate.runtime.kept_words import kept_words
from deri_gate.runtime.store import Store

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("ray", reason="Ray is not installed")
pytestmark = [
    pytest.mark.slow,  # a minute; the job with Ray runs them
    pytest.mark.enable_socket,
    pytest.mark.filterwarnings("ignore"),  # those of Ray, of what it leaves open
]
IMAGES = 90
SMALL = "from deri_gate.features import shard_scan as s; s.FEWEST = s.USUAL = 8; "


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Three classes of small pictures; one file is no picture."""
    root, generator = tmp_path_factory.mktemp("data") / "set", np.random.default_rng(0)
    for i in range(IMAGES):
        path = root / f"class{i % 3}" / f"{i:03d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        coarse = generator.integers(0, 255, (5, 5, 3)).astype(np.uint8)
        cv2.imwrite(str(path), cv2.resize(coarse, (24, 24), interpolation=cv2.INTER_CUBIC))
    (root / "class1" / "050x.png").write_bytes(b"no picture at all")
    return root


@pytest.fixture
def small_shards(monkeypatch):
    """The driver cuts; shards of about sixteen images."""
    monkeypatch.setattr(shard_scan, "FEWEST", 8)
    monkeypatch.setattr(shard_scan, "USUAL", 8)


def look(dataset, place: Path, *, engine="ray", encoder=None, keep=()) -> Any:
    """One pass, with a store of its own."""
    work = str(place / "work") if engine == "ray" else ""
    machine = Machine(device="cpu", workers=2, progress=False, engine=engine, work=work)
    context = Context(profile=STANDARD, store=Store(place / engine), machine=machine)
    return scan(dataset, context=context, encoder=encoder, keep=frozenset(keep))


def content(found) -> list[Any]:
    """All that a pass brought, as bytes."""
    table = vars(found.table)
    whole = [found.embeddings, found.readable, *table.values(), *table["values"].values()]
    return [
        *(one.tobytes() if isinstance(one, np.ndarray) else str(one) for one in whole),
        found.findings,
        {place: picture.tobytes() for place, picture in found.inputs.items()},
    ]


@dataclass(frozen=True)
class Trouble:
    """Files of which one does harm to the process that reads it, once.

    Attributes:
        source: The files.
        flag: Written when the harm is done.
        kind: Which harm.
        driver: The process that is spared.
        row: Of the file.
    """

    source: Any
    flag: Path
    kind: str
    driver: int
    row: int = 20

    def load(self, row: int) -> Any:
        if os.getpid() != self.driver and row == self.row and not self.flag.exists():
            self.flag.touch()
            self.harm()
        return self.source.load(row)

    def harm(self) -> None:
        if self.kind == "worker":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.kind == "node":
            os.kill(os.getppid(), signal.SIGKILL)  # that starts the workers of a node
            time.sleep(60)
        if self.kind == "disk":
            resource.setrlimit(resource.RLIMIT_FSIZE, (2048, resource.RLIM_INFINITY))
        if self.kind == "always":
            self.flag.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        if self.kind == "elsewhere":
            raise UnreadableImageError("there is no such file")


def troubled(folder: Path, tmp_path: Path, kind: str, row: int = 20) -> Any:
    """The dataset with one harmful file."""
    dataset = open_dataset(folder)
    source = Trouble(dataset.source, tmp_path / "done", kind, os.getpid(), row)
    return replace(dataset, source=source)


def test_the_same_bytes_as_here_embeddings_too(folder, tmp_path, cluster, small_shards):
    """With the encoder itself; the driver decodes only what will be explained."""
    from deri_gate.features.encoder import load_encoder

    dataset = open_dataset(folder).select(np.arange(45))

    def encoder() -> Any:
        return load_encoder(STANDARD, "cpu")

    far = look(dataset, tmp_path, encoder=encoder, keep=[3, 40])
    here = look(dataset, tmp_path, engine="local", encoder=encoder, keep=[3, 40])
    again = look(dataset, tmp_path, encoder=encoder, keep=[3, 40])

    assert content(far) == content(here) == content(again)
    assert sorted(far.inputs) == [3, 40]
    assert (far.decoded, far.embedded, again.decoded, again.embedded) == (45, 45, 0, 0)
    assert len([*(tmp_path / "work").glob("*.parquet")]) > 1


@pytest.mark.usefixtures("own_signals")
@pytest.mark.parametrize("kind", ["worker", "node"])
def test_what_dies_in_the_middle_loses_nothing(folder, tmp_path, cluster, small_shards, kind):
    """Its shard is done again, by another."""
    if kind == "node":
        cluster.add_node(num_cpus=1)
    far = look(troubled(folder, tmp_path, kind), tmp_path)

    assert (tmp_path / "done").exists()
    assert content(far) == content(look(open_dataset(folder), tmp_path, engine="local"))
    assert [finding.path for finding in far.findings] == ["class1/050x.png"]
    assert f"kept in --work {tmp_path / 'work'}, " in kept_words()  # said to whoever interrupts


def test_a_file_that_ends_every_worker_ends_the_run(folder, tmp_path, cluster, small_shards):
    """It does not go on for ever, and says with which shard."""
    with pytest.raises(SettingError, match=r"the worker with shard \d+ ended 4 times"):
        look(troubled(folder, tmp_path, "always"), tmp_path)


def test_a_full_disk_of_a_worker_is_told(folder, tmp_path, cluster, small_shards):
    """Which shard, where, and what to do; the next run goes on from the others."""
    with pytest.raises(
        SettingError, match=r"the shard \w+\.parquet cannot be written by "
    ) as caught:
        look(troubled(folder, tmp_path, "disk", row=60), tmp_path)
    kept = len([*(tmp_path / "work").glob("*.parquet")])
    far = look(open_dataset(folder), tmp_path)

    assert caught.value.where == f"--work {tmp_path / 'work'}"
    assert "Make room" in caught.value.fix
    assert kept
    assert far.decoded < IMAGES
    assert content(far) == content(look(open_dataset(folder), tmp_path, engine="local"))


def test_a_worker_without_the_files_is_refused(folder, tmp_path, cluster, small_shards):
    """Else all its images would be unreadable."""
    with pytest.raises(DatasetError, match="reads other images than the driver does"):
        look(troubled(folder, tmp_path, "elsewhere", row=0), tmp_path)


def test_a_killed_driver_goes_on_from_the_shards(folder, tmp_path, cluster, small_shards):
    """Killed after the first; the same command ends with the same bytes as here."""
    command = [sys.executable, "-c", SMALL + "from deri_gate.cli.main import run; run()", "measure"]
    command += [str(folder), "--metrics", "sharpness,exposure", "--no-progress", "--device", "cpu"]
    far = [*command, "--engine", "ray", "--workers", "1", "--work", "work", "--out", "far"]
    own = {**os.environ, "RAY_ADDRESS": cluster.address, "DERI_GATE_CACHE": str(tmp_path / "none")}
    quiet = {
        "cwd": tmp_path,
        "env": own,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
    work = tmp_path / "work"
    with subprocess.Popen(far, **quiet) as driver:
        while driver.poll() is None and not [*work.glob("*.parquet")]:
            time.sleep(0.01)
        driver.kill()
    before = {path: path.stat().st_mtime_ns for path in work.glob("*.parquet")}
    subprocess.run(far, check=True, **quiet)
    subprocess.run([*command, "--out", "here"], check=True, **quiet)

    assert driver.returncode == -signal.SIGKILL
    assert before
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert (tmp_path / "far" / "metrics.json").read_bytes() == (
        tmp_path / "here" / "metrics.json"
    ).read_bytes()
