"""Reports in MLflow and DVCLive, with the real libraries and files."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import deri_gate
from deri_gate.errors import SettingError
from deri_gate.reports.trackers import (
    DvcliveLogger,
    MlflowLogger,
    tracked_facts,
    tracked_numbers,
)

# In a process of its own: trackers set global state, and start threads.
IN_MLFLOW = """
import sys, warnings, pickle
warnings.simplefilter("ignore")
import mlflow
from deri_gate.reports import trackers
store, folder = sys.argv[1], sys.argv[2]
mlflow.set_tracking_uri(store)
numbers, facts = {numbers!r}, {facts!r}
trackers.tracked_numbers, trackers.tracked_facts = (lambda _: numbers), (lambda _: facts)
class Report: folder = __import__("pathlib").Path(sys.argv[2])
trackers.MlflowLogger()(Report)
with mlflow.start_run() as run:
    trackers.MlflowLogger(prefix="train/", artifacts=False)(Report)
assert mlflow.active_run() is None
client = mlflow.MlflowClient()
runs = client.search_runs(["0"], order_by=["attributes.start_time"])
names = lambda run: sorted(one.path for one in client.list_artifacts(run.info.run_id, "deri-gate"))
print(__import__("json").dumps([[r.data.metrics, dict(r.data.tags), names(r)] for r in runs]))
"""
IN_DVCLIVE = """
import sys, json, warnings
warnings.simplefilter("ignore")
from dvclive import Live
from deri_gate.reports import trackers
numbers, facts = {numbers!r}, {facts!r}
trackers.tracked_numbers, trackers.tracked_facts = (lambda _: numbers), (lambda _: facts)
with Live(dir="own", save_dvc_exp=False) as live:
    trackers.DvcliveLogger(live=live, prefix="train/")(None)
trackers.DvcliveLogger()(None)
"""


@pytest.fixture
def report(report_of, check_of):
    return report_of([check_of("fail"), check_of("warn", metric="resolution")])


def run(code: str, folder, *words) -> str:
    environment = {
        **os.environ, "DVC_NO_ANALYTICS": "1", "MLFLOW_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1",
        "MLFLOW_ALLOW_FILE_STORE": "true", "GIT_CEILING_DIRECTORIES": str(folder.parent),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_numbers_are_those_that_were_measured(report) -> None:
    """No null, no infinity, and nothing that is not a number."""
    numbers = tracked_numbers(report)
    measured = {n: m.value for n, m in report.metrics.metrics.items() if m.value is not None}

    assert {f"metric/{name}": value for name, value in measured.items()}.items() <= numbers.items()
    assert all(np.isfinite(value) for value in numbers.values())
    assert (numbers["limits/fail"], numbers["limits/warn"], numbers["passed"]) == (1, 1, 0)
    assert tracked_facts(report)["verdict"] == "fail"


@pytest.mark.slow
def test_mlflow_keeps_numbers_facts_and_files(report, tmp_path) -> None:
    """In a run of its own, and in the active one with a prefix."""
    pytest.importorskip("mlflow")
    numbers, facts = tracked_numbers(report), tracked_facts(report)
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "scores.json").write_text("{}")
    code = IN_MLFLOW.format(numbers=numbers, facts=facts)
    printed = run(code, tmp_path, (tmp_path / "mlruns").as_uri(), tmp_path / "report")

    (own, tags, files), (shared, more, none) = json.loads(printed.splitlines()[-1])
    assert own == pytest.approx(numbers)
    assert {f"deri_gate.{name}": value for name, value in facts.items()}.items() <= tags.items()
    assert files == ["deri-gate/scores.json"]
    assert shared == pytest.approx({f"train/{name}": value for name, value in numbers.items()})
    assert more["deri_gate.train/verdict"] == "fail"
    assert none == []


@pytest.mark.slow
def test_dvclive_keeps_numbers_and_facts(report, tmp_path) -> None:
    """In the run that is given, and in one of its own; `metrics.json` is what DVC compares."""
    pytest.importorskip("dvclive")
    numbers, facts = tracked_numbers(report), tracked_facts(report)
    run(IN_DVCLIVE.format(numbers=numbers, facts=facts), tmp_path)

    own = json.loads((tmp_path / "dvclive" / "metrics.json").read_text("utf-8"))
    given = json.loads((tmp_path / "own" / "metrics.json").read_text("utf-8"))["train"]
    for found in (own, given):
        assert found["metric"]["sharpness"] == pytest.approx(numbers["metric/sharpness"])
        assert found["limits"] == {"fail": 1, "warn": 1, "unknown": 0}
    assert "verdict: fail" in (tmp_path / "own" / "params.yaml").read_text("utf-8")


def test_callbacks_get_the_report_once_its_files_are_there(tmp_path) -> None:
    """Of `check` and of `compare`."""
    rng = np.random.default_rng(0)
    for n in range(12):
        path = tmp_path / "scans" / "ab"[n % 2] / f"{n}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (32, 32), dtype=np.uint8)).save(path)
    seen = []

    def callback(report) -> None:
        assert (report.folder / "scores.json").is_file()
        seen.append(report)

    asked = {"metrics": "sharpness", "callbacks": [callback]}
    one = deri_gate.check(tmp_path / "scans", out=tmp_path / "one", **asked)
    other = deri_gate.compare(
        tmp_path / "scans", baseline=tmp_path / "scans", out=tmp_path / "two", callbacks=[callback]
    )

    assert seen == [one, other]


@pytest.mark.parametrize(("logger", "name"), [(MlflowLogger(), "mlflow"),
                                              (DvcliveLogger(), "dvclive")])  # fmt: skip
def test_a_missing_tracker_is_named_by_its_extra(report, logger, name, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)

    with pytest.raises(SettingError, match=f"{name} is not installed") as caught:
        logger(report)
    assert f"deri-gate[{name}]" in caught.value.fix
