"""A twelfth metric, from an installed package: measured, shown, and nothing else moves."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text("utf-8")
METRIC = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]  # as the page shows it
GROUP, ENTRY = re.findall(r'```toml\n\[project.entry-points."([\w.]+)"\]\n(\w+ = .*?)\n```', PAGE)[
    0
]
ENTRY = ENTRY.replace('"', "")


def installed(folder: Path, code: str, entry: str) -> Path:
    """A package as pip leaves it: a module, and a folder that declares its entry point."""
    (folder / "toy_metric.py").write_text(code)
    about = folder / "toy_metric-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-metric\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[{GROUP}]\n{entry}\n")
    return folder


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Twelve pictures of noise, two classes."""
    rng = np.random.default_rng(0)
    for n in range(12):
        path = tmp_path / "images" / f"class{n % 2}" / f"{n}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (40, 40), dtype=np.uint8)).save(path)
    return tmp_path / "images"


def check(images: Path, out: Path, plugin: Path | None, *more: str):
    """`deri-gate check` in a process of its own, where the plugin is installed or not."""
    command = [sys.executable, "-m", "deri_gate.cli.main", "check", str(images), "--out", str(out),
               "--fail-on", "never", "--metrics", "sharpness,exposure,imbalance", *more]  # fmt: skip
    path = os.pathsep.join(str(p) for p in (plugin, os.environ.get("PYTHONPATH")) if p)
    return subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )


def documents(out: Path) -> list[dict]:
    names = ("metrics.json", "subscores.json", "scores.json")
    return [json.loads((out / name).read_text("utf-8")) for name in names]


def test_it_is_measured_and_weighs_nothing(images: Path, tmp_path: Path) -> None:
    """The others score to the last digit as they do without it, against the same shipped pool."""
    (tmp_path / "plugin").mkdir()
    plugin = installed(tmp_path / "plugin", METRIC, ENTRY)
    suite = ["--suite", str(limits(tmp_path))]
    without = check(images, tmp_path / "without", None, *suite)
    command = ["--metrics", "sharpness,exposure,imbalance,contrast", *suite]
    done = check(images, tmp_path / "with", plugin, *command)

    assert (without.returncode, done.returncode) == (0, 0), done.stderr + without.stderr
    plain, twelve = documents(tmp_path / "without"), documents(tmp_path / "with")
    assert twelve[0]["profile"] == plain[0]["profile"]
    pixels = [np.asarray(Image.open(p), dtype=float).std() for p in images.rglob("*.png")]
    assert twelve[0]["metrics"].pop("contrast")["value"] == pytest.approx(np.mean(pixels))
    assert twelve[0]["metrics"] == plain[0]["metrics"]
    assert twelve[1]["subscores"].pop("contrast") is None
    assert {k: v for k, v in twelve[1]["subscores"].items() if v is not None} == {
        k: v for k, v in plain[1]["subscores"].items() if v is not None
    }
    assert twelve[2]["DERI1000"] == plain[2]["DERI1000"]
    assert "contrast" not in twelve[2]["weights"]
    assert "contrast" in done.stdout


def limits(folder: Path) -> Path:
    """A suite that asks for the three metrics of old alone."""
    one = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "subscore", "row_condition": "metric == 'exposure'", "condition_parser": "pandas"}, "meta": {}}  # fmt: skip
    shipped = json.loads(
        (Path(__file__).parents[2] / "expectations" / "data_only.json").read_text()
    )
    kept = [
        e
        for e in shipped["expectations"]
        if e["kwargs"].get("metric") in ("sharpness", "exposure", "imbalance")
    ]
    shipped["expectations"] = kept or [one]
    path = folder / "limits.json"
    path.write_text(json.dumps(shipped))
    return path


@pytest.mark.parametrize(
    ("code", "entry", "said"),
    [
        (METRIC, "sharpness = toy_metric:METRIC", "has another name inside"),
        ("METRIC = 3\n", "contrast = toy_metric:METRIC", "is int, not Metric"),
        ("import nowhere\n", "contrast = toy_metric:METRIC", "cannot be loaded"),
        (METRIC.replace('"contrast"', '"exposure"'), "exposure = toy_metric:METRIC", "is taken"),
    ],
)
def test_one_that_does_not_fit_is_said(images: Path, tmp_path: Path, code, entry, said) -> None:
    """Which, why and what to do, in one line; never a traceback, never silence."""
    (tmp_path / "plugin").mkdir()
    done = check(images, tmp_path / "out", installed(tmp_path / "plugin", code, entry))

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
