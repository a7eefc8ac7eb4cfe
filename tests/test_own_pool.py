"""`init --pool` in a repository of its own, for real: from folders to a pool, and what runs again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from ruamel.yaml import YAML

CHEAP = {
    "measure": {"profile": "standard"},
    "variants": {"level": ["medium", "strong"], "group": ["label_noise", "sharpness"]},
    "probe": {"preset": "smoke", "architecture": ["linear"], "level": ["mild", "medium", "strong"],
              "group": ["label_noise", "sharpness"]},
    "impact": {"resamples": 20},
    "sensitivity": {"metrics": "sharpness,label_noise", "group": ["label_noise", "sharpness"],
                    "level": ["strong"], "images": 40, "resamples": 1},
    "detection": {"group": ["label_noise", "sharpness"], "images": 40},
    "properties": {"metrics": "data", "size": [20, 40], "side": [28], "images": 20},
}  # fmt: skip
WHO = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER")
       for what in ("NAME", "EMAIL")}  # fmt: skip


class Team:
    """A clone of a team's repository; nothing of this one is in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = {**os.environ, **WHO, "PATH": path, "DVC_NO_ANALYTICS": "1",
                            "GIT_CONFIG_GLOBAL": os.devnull}  # fmt: skip

    def run(self, *words: str) -> str:
        done = subprocess.run(
            words, cwd=self.root, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
        return done.stdout

    def repro(self) -> set[str]:
        """Stages that ran."""
        lines = self.run("dvc", "repro").splitlines()
        return {line.split("'")[1] for line in lines if line.startswith("Running stage")}

    def lock(self) -> bytes:
        return (self.root / "dvc.lock").read_bytes()


def draw(folder: Path, name: str, *, inverted: bool) -> None:
    """A folder of 60 pictures of discs and squares, one class each."""
    rng = np.random.default_rng(len(name))
    y, x = np.mgrid[:28, :28]
    for i in range(60):
        inside = np.hypot(x - 14, y - 14) < 7 if i % 2 else np.maximum(abs(x - 14), abs(y - 14)) < 6
        pixels = (80 + 90 * (inside ^ inverted) + rng.normal(0, 8, inside.shape)).clip(0, 255)
        target = folder / name / ("square", "disc")[i % 2] / f"{i}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.astype(np.uint8)).save(target)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_a_team_makes_its_pool_and_a_colleague_has_it(tmp_path, own_cache) -> None:
    """In a repository as `dvc init` leaves it; DVC's remote is a folder."""
    us = Team(tmp_path / "us")
    us.root.mkdir()
    us.run("git", "init", "--quiet")
    draw(us.root / "data", "my lung", inverted=False)
    draw(us.root / "data", "cells", inverted=True)
    us.run("deri-gate", "init", "--pool", "mine", "--dataset", "data", "--source", "index")
    us.run("dvc", "init", "--quiet")
    params = YAML().load(us.root / "params.yaml")
    params.update(CHEAP)
    params["gate"] |= {"metrics": "data", "suite": "expectations/data_only.json"}
    YAML().dump(params, us.root / "params.yaml")

    ran = us.repro()
    pool = us.root / "reference_pool" / "mine"
    assert {"probe@my-lung", "calibrate", "limits", "properties", "figures", "summary"} <= ran
    assert (pool / "pool.json").is_file()
    assert us.repro() == set()

    us.run("git", "add", ".")
    us.run("dvc", "remote", "add", "--default", "store", str(tmp_path / "store"))
    us.run("git", "add", ".")
    us.run("git", "commit", "--quiet", "--message", "our pool")
    us.run("dvc", "push")
    us.run("git", "clone", "--quiet", ".", str(tmp_path / "a colleague"))
    colleague = Team(tmp_path / "a colleague")
    colleague.run("dvc", "pull")
    assert "up to date" in colleague.run("dvc", "status")
    assert colleague.repro() == set()
    assert colleague.lock() == us.lock()
    assert colleague.run("git", "status", "--short") == ""

    text = (us.root / "params.yaml").read_text("utf-8")
    (us.root / "params.yaml").write_text(text.replace("not stated", "CC0"), encoding="utf-8")
    assert us.repro() == {"candidate@cells", "candidate@my-lung", "candidates", "calibrate"}
    Image.new("L", (28, 28), 90).save(us.root / "data" / "my lung" / "disc" / "1.png")
    changed = us.repro()
    assert {
        "gate@my-lung",
        "metrics@my-lung",
        "probe@my-lung",
        "sensitivity",
        "calibrate",
    } <= changed
    assert not {stage for stage in changed if stage.endswith("@cells")}

    shutil.rmtree(us.root / "data")
    made = {path: path.read_bytes() for path in (us.root / "build").rglob("*") if path.is_file()}
    with pytest.raises(AssertionError, match=r"No such file or directory: .*data/cells"):
        us.repro()
    assert {path: path.read_bytes() for path in made} == made
