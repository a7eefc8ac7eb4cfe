"""A twelfth metric of our own: one new file, one line in the catalogue, and everything works."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plugins.md").read_text("utf-8")
METRIC = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]  # as the page shows it


@pytest.fixture
def copied(tmp_path):
    """A copy of the package with the metric in it: one file, and its name in the list."""
    tree = tmp_path / "tree"
    for name in ("deri_gate", "expectations", "reference_pool"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tree / "deri_gate" / "metrics" / "grey_spread.py").write_text(METRIC)
    catalogue = tree / "deri_gate" / "metrics" / "catalogue.py"
    text = catalogue.read_text("utf-8")
    last = '    "xai_stability",\n'
    assert last in text
    catalogue.write_text(text.replace(last, f'{last}    "grey_spread",\n', 1))
    return tree


def run(tree: Path, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deri_gate.cli.main", *map(str, words)]
    env = {**os.environ, "PYTHONPATH": str(tree)}
    return subprocess.run(
        command, env=env, cwd=tree, capture_output=True, text=True, check=False
    )  # fmt: skip


def test_check_and_the_stage_of_metrics_run(copied, tmp_path):
    """Against the shipped pool, which does not know it: no subscore, no weight; others score."""
    rng = np.random.default_rng(0)
    for n in range(12):
        path = tmp_path / "images" / f"class{n % 2}" / f"{n}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (40, 40), dtype=np.uint8)).save(path)
    checked = run(copied, "check", tmp_path / "images", "--metrics", "data", "--fail-on", "never",
                  "--out", tmp_path / "out")  # fmt: skip
    stage = run(copied, "measure", tmp_path / "images", "--metrics", "data",
                "--out", tmp_path / "stage")  # fmt: skip

    assert "Traceback" not in checked.stderr, checked.stderr
    assert stage.returncode == 0, stage.stderr
    for folder in ("out", "stage"):
        values = json.loads((tmp_path / folder / "metrics.json").read_text("utf-8"))["metrics"]
        assert values["grey_spread"]["value"] > 0
    subscores = json.loads((tmp_path / "out" / "subscores.json").read_text("utf-8"))["subscores"]
    scores = json.loads((tmp_path / "out" / "scores.json").read_text("utf-8"))
    assert subscores["grey_spread"] is None
    assert subscores["sharpness"] is not None
    assert scores["DERI1000"] is not None
    assert "grey_spread" not in scores["weights"]
