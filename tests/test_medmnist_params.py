"""`reference_pool/medmnist/params.yaml` on small files of the same names, served on this machine."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
PARAMS = YAML(typ="safe").load(ROOT / "reference_pool" / "medmnist" / "params.yaml")
SCRIPT = ROOT / "reference_pool" / "make_dataset.py"
LARGER = "breastmnist"  # offered at 64 px too
TINY = {
    "measure": {"profile": "standard"},
    "variants": {"level": ["strong"], "group": ["label_noise"]},
    "probe": {
        "preset": "smoke",
        "architecture": ["linear"],
        "level": ["strong"],
        "group": ["label_noise", "sharpness", "separation", "noise_artifacts", "imbalance"],
    },
    "impact": {"floor": 0.0414, "resamples": 20, "power": 1.0},
    "sensitivity": {
        "metrics": "data",
        "level": ["strong"],
        "group": ["label_noise", "sharpness"],
        "images": 24,
        "resamples": 1,
    },
    "detection": {"group": ["sharpness"], "images": 24},
    "properties": {
        "metrics": "data", "size": [20, 24], "side": [14, 28], "images": 24,
    },
    "compare": {"metrics": "sharpness,exposure"},
}  # fmt: skip  # in place of the profile and the networks that need a GPU
PACKAGE = """
import json
from pathlib import Path

__version__ = "3.0"
DEFAULT_ROOT = {root!r}
INFO = {{
    name: about | {{"label": dict(about["label"])}}
    for name, about in json.loads(Path({table!r}).read_text()).items()
}}
"""
FETCH = """
import runpy, sys
for name, origin, out in {wanted!r}:
    sys.argv = [{script!r}, "--from", origin, "--out", out]
    try:
        runpy.run_path({script!r}, run_name="__main__")
    except SystemExit as stop:
        print(name, stop.code)
"""


def content(side: int, seed: int) -> bytes:
    """A MedMNIST file of three classes: 24 images for training, 12 each for the others."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for split, count in (("train", 24), ("val", 12), ("test", 12)):
        labels = np.arange(count) % 3
        waves = np.sin(np.arange(side)[None, :] * (0.2 + 0.3 * labels[:, None]))
        levels = 128 + 60 * waves[:, None, :] + rng.normal(0, 20, (count, side, side))
        arrays[f"{split}_images"] = np.clip(levels, 0, 255).astype(np.uint8)
        arrays[f"{split}_labels"] = labels[:, None].astype(np.uint8)
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


class Served:
    """Files of all ten names behind an address of this machine, and a package that knows them."""

    def __init__(self, root: Path) -> None:
        self.root, self.log = root, root / "log.txt"
        files, package = root / "files", root / "package" / "medmnist"
        files.mkdir(parents=True)
        package.mkdir(parents=True)
        (root / "cache").mkdir()
        with self.log.open("w") as log:
            self.server = subprocess.Popen(
                [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"],
                cwd=files, stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        address = self.server.stdout.readline().partition("(")[2].partition(")")[0].rstrip("/")
        table = {}
        for seed, name in enumerate(PARAMS["datasets"]):
            table[name] = {
                "python_class": "X",
                "license": "CC BY 4.0",
                "label": {"0": "a", "1": "b", "2": "c"},
            }
            for flag, side in (("", 28), *([("_64", 64)] if name == LARGER else [])):
                data = content(side, seed)
                (files / f"{name}{flag}.npz").write_bytes(data)
                table[name] |= {
                    f"url{flag}": f"{address}/{name}{flag}.npz",
                    f"MD5{flag}": hashlib.md5(data).hexdigest(),
                }
        self.table = root / "table.json"
        self.table.write_text(json.dumps(table))
        (package / "__init__.py").write_text("")
        (package / "info.py").write_text(
            PACKAGE.format(root=str(root / "cache"), table=str(self.table))
        )

    @property
    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        own = {"PYTHONPATH": str(self.root / "package"), "no_proxy": "127.0.0.1", "PATH": path}
        return {**os.environ, **own, "DVC_NO_ANALYTICS": "1"}

    def fetch(self, wanted: dict[str, str], out: Path) -> str:
        """What the stages `dataset@NAME` do, in one process."""
        rows = [(name, origin, str(out / name)) for name, origin in wanted.items()]
        done = subprocess.run(
            [sys.executable, "-c", FETCH.format(wanted=rows, script=str(SCRIPT))],
            env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr

    def repro(self, repository: Path, *, killed_after: int = 0) -> tuple[set[str], str]:
        """Run the pipeline; stages that ran, and all that was printed.

        Args:
            repository: Where it lies.
            killed_after: Finished stages after which it is killed, children and all; 0 for never.
        """
        with subprocess.Popen(
            [sys.executable, "-m", "dvc", "repro"], cwd=repository, env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        ) as run:  # fmt: skip
            while killed_after and finished(repository) < killed_after:
                assert run.poll() is None, run.stdout.read()
                time.sleep(0.2)
            if killed_after:
                os.killpg(run.pid, signal.SIGKILL)
                (repository / ".dvc" / "tmp" / "rwlock").unlink(missing_ok=True)  # as the docs say
            said = run.communicate()[0]
        assert run.returncode == (-signal.SIGKILL if killed_after else 0), said
        names = {k.split("'")[1] for k in said.splitlines() if k.startswith("Running stage")}
        return names, said

    @property
    def asked(self) -> int:
        """Files that were asked for so far."""
        return self.log.read_text().count('"GET ')


def finished(repository: Path) -> int:
    """Stages that dvc.lock knows, counted in its text: DVC may be writing it."""
    lock = repository / "dvc.lock"
    return lock.read_text().count("\n    cmd: ") if lock.exists() else 0


def pipeline(root: Path) -> Path:
    """A repository with the pipeline, and these params with small settings."""
    for name in (".dvc", "expectations", "reference_pool"):
        (root / name).mkdir(parents=True)
    shutil.copyfile(ROOT / ".dvc" / "config", root / ".dvc" / "config")
    shutil.copyfile(ROOT / "dvc.yaml", root / "dvc.yaml")
    shutil.copyfile(SCRIPT, root / "reference_pool" / SCRIPT.name)
    shutil.copytree(ROOT / "expectations", root / "expectations", dirs_exist_ok=True)
    ignored = shutil.ignore_patterns("__pycache__", "scaffold")
    shutil.copytree(ROOT / "deri_gate", root / "deri_gate", ignore=ignored)
    YAML().dump({**PARAMS, **TINY}, root / "params.yaml")
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    return root


@pytest.fixture
def served(tmp_path):
    found = Served(tmp_path / "served")
    yield found
    found.server.terminate()
    found.server.wait()
    found.server.stdout.close()


def test_all_ten_are_fetched_to_where_they_are_measured(served, tmp_path) -> None:
    """By their names in the file; a second time from what lies here, without a question."""
    wanted = {name: about["from"] for name, about in PARAMS["make_dataset"].items()}
    said = served.fetch(wanted, tmp_path / "sets")

    assert said.count(" 0\n") == len(wanted) == 10, said
    for name, about in PARAMS["datasets"].items():
        path = tmp_path / "sets" / about["path"]
        known = json.loads(served.table.read_text())[name]["MD5"]
        assert hashlib.md5(path.read_bytes()).hexdigest() == known
    before = served.asked
    again = served.fetch(wanted, tmp_path / "again")
    assert again.count(" 0\n") == 10, again
    assert served.asked == before == 10


def test_the_form_at_64_px_is_another_file(served, tmp_path) -> None:
    """As the head of the params file says: `medmnist:NAME@64`."""
    said = served.fetch({LARGER: f"medmnist:{LARGER}@64"}, tmp_path)

    assert f"{LARGER} 0" in said
    with np.load(tmp_path / LARGER / f"{LARGER}.npz") as file:
        assert file["train_images"].shape == (24, 64, 64)


def test_a_file_of_another_checksum_is_refused(served, tmp_path) -> None:
    """Cut off on the way, or another one; nothing lies where it would be measured."""
    path = served.root / "files" / f"{LARGER}.npz"
    path.write_bytes(path.read_bytes()[:-10])
    said = served.fetch({LARGER: f"medmnist:{LARGER}"}, tmp_path / "sets")

    assert f"{LARGER} 2" in said
    assert "another checksum" in said
    assert not (tmp_path / "sets" / LARGER).exists()
    assert list((served.root / "cache").iterdir()) == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_pool_is_made_from_what_is_fetched_and_a_killed_run_goes_on(
    served, tmp_path, own_cache
) -> None:
    """From ten addresses to a pool that scores, its limits and its study."""
    repository = pipeline(tmp_path / "repository")
    before, _ = served.repro(repository, killed_after=14)
    kept = set(YAML(typ="safe").load(repository / "dvc.lock")["stages"])
    after, said = served.repro(repository)

    assert len(kept) >= 14
    assert before >= kept
    assert not kept & after
    assert served.asked == 10
    assert "estimate: " in said
    assert served.repro(repository)[0] == set()
    folder = repository / "reference_pool" / "medmnist"
    pool = json.loads((folder / "pool.json").read_bytes())
    assert {one["name"] for one in pool["datasets"]} == set(PARAMS["datasets"])
    assert set(pool["other_weights"]) == {"published", "fitted", "monotone"}
    scores = json.loads((folder / "summary.json").read_bytes())["DERI1000"]
    assert np.isfinite(list(scores.values())).all()
    suite = json.loads((folder / "expectations" / "data_only.json").read_bytes())
    assert suite["meta"]["profile"] == "standard"
    assert (folder / "figures" / "number.md").stat().st_size > 0
