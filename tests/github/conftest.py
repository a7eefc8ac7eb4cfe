"""A git and DVC repository with a dataset under a gate, as a user has it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from deri_gate.metrics.profile import STANDARD
from deri_gate.runtime.resources import shipped
from tests.dvc_here import dvc

METRICS = "sharpness,exposure,duplicates,imbalance"  # of the pixels: no network is run for them
SURROUNDINGS = {
    "DVC_NO_ANALYTICS": "1",
    "GIT_AUTHOR_DATE": "2026-11-22T12:00:00Z",
    "GIT_COMMITTER_DATE": "2026-11-22T12:00:00Z",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
}


class Repository:
    """A folder with git, and perhaps DVC; commands run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *command: str) -> str:
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def write(self, path: str, text: str) -> None:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def dvc(self, *words: str) -> str:
        return dvc(self.folder, *words)

    def commit(self, message: str = "x") -> str:
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--allow-empty", "-m", message)
        return self.run("git", "rev-parse", "HEAD").strip()

    def branch(self, name: str) -> None:
        self.run("git", "switch", "--quiet", "-c", name)

    def add_submodule(self, other: Path, path: str) -> None:
        allowed = ("git", "-c", "protocol.file.allow=always")
        self.run(*allowed, "submodule", "--quiet", "add", str(other), path)


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Repository:
    """An empty one, on the branch main; the tests run in it."""
    for name, value in SURROUNDINGS.items():
        monkeypatch.setenv(name, value)
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_EVENT_PATH"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "repository"
    folder.mkdir()
    made = Repository(folder)
    made.run("git", "init", "--quiet", "--initial-branch", "main")
    monkeypatch.chdir(folder)
    return made


def write_digits(folder: Path, rows: range) -> None:
    """Real handwritten digits of two classes, 40 px, grain added so that no two are alike."""
    digits, generator = load_digits(n_class=2), np.random.default_rng(5)
    for i in rows:
        path = folder / f"digit {digits.target[i]}" / f"{i:04d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        big = Image.fromarray((digits.images[i] * 14).astype(np.uint8)).resize((40, 40), 3)
        grain = generator.normal(0, 4, (40, 40))
        Image.fromarray(np.clip(np.array(big) + grain, 0, 255).astype(np.uint8)).save(path)


def pool_for_tests() -> str:
    """The shipped pool, said to be of today's profile: its numbers do not matter here."""
    pool = json.loads((shipped("reference_pool") / "standard" / "pool.json").read_bytes())
    pool["profile"] = {"name": STANDARD.name, "hash": STANDARD.hash}
    return json.dumps(pool)


def limit(metric: str, minimum: float, **more) -> dict:
    return {
        "type": "expect_value_to_be_at_least",
        "kwargs": {"metric": metric, "minimum": minimum},
        "meta": {"reason": "A limit for the tests."},
        **more,
    }


def suite(*entries: dict) -> str:
    return json.dumps({"name": "gate", "expectations": list(entries)}, indent=2)


@pytest.fixture(scope="session")
def fresh_dvc(tmp_path_factory) -> Path:
    """A repository that DVC has just set up: it takes seconds."""
    made = Repository(tmp_path_factory.mktemp("fresh"))
    made.run("git", "init", "--quiet")
    made.dvc("init", "--quiet")
    return made.folder


@pytest.fixture(scope="session")
def template(tmp_path_factory) -> Path:
    """What `guarded` is a copy of: DVC takes seconds."""
    repository = Repository(tmp_path_factory.mktemp("template"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SURROUNDINGS.items():
            patch.setenv(name, value)
        repository.run("git", "init", "--quiet", "--initial-branch", "main")
        put_under_a_gate(repository)
    return repository.folder


@pytest.fixture
def guarded(repository, template) -> Repository:
    """With a dataset that DVC tracks, a gate, and a pool of its own, committed to main."""
    shutil.copytree(template, repository.folder, dirs_exist_ok=True, symlinks=True)
    return repository


def put_under_a_gate(repository: Repository) -> None:
    write_digits(repository.folder / "data", range(120))
    repository.dvc("init", "--quiet")
    repository.dvc("add", "--quiet", "data")
    repository.write(
        "params.yaml",
        "gate:\n  datasets:\n    digits: data\n  suite: limits/gate.json\n"
        "  change_suite: limits/change.json\n"
        f"  pool: pools/own\n  metrics: {METRICS}\n",
    )
    repository.write("limits/gate.json", suite(limit("imbalance", 0.3), limit("sharpness", 1.0)))
    fits = [
        {**limit(metric, 0.01), "type": "expect_changed_images_to_fit"}
        for metric in ("sharpness", "duplicates", "exposure")
    ]
    repository.write("limits/change.json", suite(*fits))
    repository.write("pools/own/pool.json", pool_for_tests())
    repository.commit("a dataset")
