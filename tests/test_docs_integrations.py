"""What docs/integrations.md shows is run, with stand-ins for the schedulers alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deri_gate.reports.formats import format_names

PAGE = (Path(__file__).parents[1] / "docs" / "integrations.md").read_text("utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def write_scans(folder: Path, levels: int = 200) -> None:
    rng = np.random.default_rng(0)
    for n in range(24):
        path = folder / "scans" / "ab"[n % 2] / f"{n}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, levels, (40, 40, 3)) + 30 * (n % 2)
        Image.fromarray(pixels.astype(np.uint8)).save(path)


def code_with(word: str) -> str:
    (found,) = [code for code in PYTHON if word in code]
    return found


def test_every_format_that_it_names_exists() -> None:
    named = set(re.findall(r"--format (\w+)", PAGE))

    assert named == {"croissant", "card"} & set(format_names())


def test_the_task_fails_unless_the_status_is_0(tmp_path, monkeypatch) -> None:
    """Whatever is not 0 stops a flow; the score comes from the file."""
    scope: dict = {}
    exec(code_with("def judge"), scope)
    statuses = iter((0, 1, 2, 130))
    monkeypatch.setattr(
        subprocess, "run", lambda *_, **__: types.SimpleNamespace(returncode=next(statuses))
    )
    (tmp_path / "scores.json").write_text('{"DERI1000": 987.0}')

    assert scope["judge"]("scans", str(tmp_path)) == 987.0
    for status in (1, 2, 130):
        with pytest.raises(RuntimeError, match=f"exit status {status}"):
            scope["judge"]("scans", str(tmp_path))


@pytest.mark.parametrize(("word", "module"), [("airflow", "airflow.sdk"), ("prefect", "prefect")])
def test_a_scheduler_calls_the_task(word, module, monkeypatch) -> None:
    """With decorators that change nothing, as those of the schedulers do when called directly."""
    asked = []

    def plain(function=None, **_):
        return function if function is not None else plain

    stand_in = types.ModuleType(module)
    stand_in.dag = stand_in.task = stand_in.flow = plain
    for name in {module, module.partition(".")[0]}:
        monkeypatch.setitem(sys.modules, name, stand_in)
    scope = {"judge": lambda *words: asked.append(words), "__name__": "flows"}

    exec(code_with(f"from {word}"), scope)
    if word == "prefect":
        scope["gate"]()

    assert asked == [("incoming/scans", "reports/scans")]


@pytest.mark.slow
def test_its_commands_and_loggers_run(tmp_path) -> None:
    """In the order of the page, in a folder with a dataset."""
    pytest.importorskip("mlflow")
    pytest.importorskip("mlcroissant")
    write_scans(tmp_path)
    environment = {
        **os.environ, "MLFLOW_ALLOW_FILE_STORE": "true", "MLFLOW_DISABLE_TELEMETRY": "1",
        "MLFLOW_TRACKING_URI": (tmp_path / "mlruns").as_uri(),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }  # fmt: skip
    commands = re.findall(r"```\n(deri-gate .*)\n```", PAGE)
    codes = [code_with("MlflowLogger()"), code_with("found = []"), code_with("import mlcroissant")]
    assert len(commands) == 2

    for command in commands:
        shell = subprocess.run(
            command.replace("scans", "scans --metrics data --fail-on never"), shell=True, cwd=tmp_path,
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert shell.returncode == 0, shell.stderr
    for code in codes:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    assert "<!-- deri-gate: begin -->" in (tmp_path / "README.md").read_text("utf-8")
