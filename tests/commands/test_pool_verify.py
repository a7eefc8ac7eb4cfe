"""`deri-gate pool verify`: the images of a pool, or others; and the lock of the shipped one."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from ruamel.yaml import YAML

import deri_gate
from deri_gate.cli.main import main
from deri_gate.runtime.engine import Machine

STANDARD = Path(__file__).parents[2] / "reference_pool" / "standard"
QUIET = Machine(workers=1, progress=False)


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Three small sets, and a pool that names them by what `measure` says they are."""
    monkeypatch.setenv("DERI_GATE_CACHE", str(tmp_path / "cache"))
    document = json.loads((STANDARD / "pool.json").read_text("utf-8"))
    members = document["datasets"][:3]
    rng = np.random.default_rng(1)
    for name, member in zip("abc", members, strict=True):
        for i in range(6):
            path = tmp_path / name / "xy"[i % 2] / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 255, (16, 16), dtype=np.uint8)).save(path)
        found = deri_gate.measure(tmp_path / name, metrics="sharpness", machine=QUIET)
        member |= {"name": name, "fingerprint": found.evidence.fingerprint, "images": 6}
    (tmp_path / "pool.json").write_text(json.dumps(document | {"datasets": members}))
    return tmp_path


def run(world, *names):
    given = [f"{name}={world / name}" for name in names]
    done = CliRunner().invoke(main, ["pool", "verify", str(world / "pool.json"), *given])
    return done.exit_code, {line.split()[1]: line.split()[0] for line in done.output.splitlines()}


def test_the_images_that_were_measured(world) -> None:
    assert run(world, "a", "b", "c") == (0, dict.fromkeys("abc", "same"))


def test_one_pixel_makes_another_set(world) -> None:
    path = world / "b" / "x" / "0.png"
    picture = np.array(Image.open(path))
    picture[0, 0] ^= 1
    Image.fromarray(picture).save(path)

    assert run(world, "a", "b", "c") == (1, {"a": "same", "b": "other", "c": "same"})


def test_a_label_makes_another_set(world) -> None:
    shutil.move(world / "b" / "x" / "0.png", world / "b" / "y" / "0.png")

    assert run(world, "a", "b", "c")[1]["b"] == "other"


def test_what_is_not_given_is_missing_and_a_stranger_is_unknown(world) -> None:
    """Neither passes: all of the pool, and nothing else, was asked about."""
    shutil.copytree(world / "a", world / "z")

    assert run(world, "a", "b") == (1, {"a": "same", "b": "same", "c": "missing"})
    status, said = run(world, "a", "b", "c", "z")
    assert (status, said["z"]) == (1, "unknown")


def test_the_shipped_lock_names_the_ten_sets_and_this_pool() -> None:
    """Lock of the stage, made anew with `dvc repro reference_pool/standard/dvc.yaml`."""
    read = YAML(typ="safe").load
    params, lock = read(STANDARD / "params.yaml"), read(STANDARD / "dvc.lock")
    deps = {dep["path"]: dep["md5"] for dep in lock["stages"]["images"]["deps"]}
    paths = [f"{params['folder']}/{about['path']}" for about in params["datasets"].values()]
    pool = "reference_pool/standard/pool.json"
    members = json.loads((STANDARD / "pool.json").read_text("utf-8"))["datasets"]

    assert set(deps) == {*paths, pool}
    assert set(params["datasets"]) == {one["name"] for one in members}
    assert deps[pool] == hashlib.md5((STANDARD / "pool.json").read_bytes()).hexdigest()
    assert all(f"{name}=" in lock["stages"]["images"]["cmd"] for name in params["datasets"])
    for name, about in params["datasets"].items():  # where the version names the file's own MD5
        if "md5" in about["version"]:
            assert deps[f"{params['folder']}/{about['path']}"].startswith(
                about["version"].rpartition("md5 ")[2]
            ), name
