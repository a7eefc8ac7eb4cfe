"""The plugin of pytest, in sessions of its own: what it says is what `check` says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import deri_gate
from deri_gate import commands
from deri_gate.cli.pytest_plugin import DatasetGate, DatasetLimit
from deri_gate.gate.records import Check, Status

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "python.md").read_text("utf-8")
FIRST, WHOLE, EACH = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def scans(tmp_path_factory) -> Path:
    """A folder with a dataset `scans` of 24 pictures, half of them copies."""
    folder = tmp_path_factory.mktemp("session")
    rng = np.random.default_rng(0)
    for n in range(12):
        levels = rng.integers(0, 256, (40, 40)) // (1 + n % 2)
        for copy in "ab":
            path = folder / "scans" / f"class{n % 2}" / f"{n}{copy}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(levels.astype(np.uint8)).save(path)
    return folder


def session(folder: Path, code: str, *more: str) -> dict[str, ET.Element]:
    """Outcome of each test of a file, by name, from pytest's own JUnit."""
    (folder / "test_it.py").write_text(code)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "deri_gate.cli.pytest_plugin", *more]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [*command, "--rootdir", ".", "--junitxml", "junit.xml", "test_it.py"],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    cases = ET.parse(folder / "junit.xml").iter("testcase")
    return {case.attrib["name"]: case for case in cases}


def limit(metric: str, kind: str, number: float, **more) -> dict:
    bound = "minimum" if kind == "least" else "maximum"
    return {
        "type": f"expect_value_to_be_at_{kind}", "kwargs": {"metric": metric, bound: number},
        "meta": {"reason": "Why not.", **more.pop("meta", {})}, **more,
    }  # fmt: skip


LIMITS = [  # one of each status; these metrics need no network
    limit("duplicates", "most", 0),
    limit("imbalance", "least", 0.5),
    limit("sharpness", "least", 1e9, severity="warning"),
    limit("private_share", "most", 0, meta={"demanded": False}),
]
ASKED = 'metrics="duplicates,imbalance,sharpness", suite="limits.json"'


def test_each_limit_is_a_test_and_the_whole_is_one(scans: Path, monkeypatch) -> None:
    """As the page shows them. What `check` says of each limit is what its test says."""
    monkeypatch.chdir(scans)
    Path("limits.json").write_text(json.dumps({"name": "limits", "expectations": LIMITS}))
    report = deri_gate.check(
        "scans", metrics="duplicates,imbalance,sharpness", suite="limits.json", out=None
    )
    expected = {check.name: check.status.value for check in report.checks}
    assert sorted(expected.values()) == ["fail", "not_looked_at", "pass", "warn"]
    code = (EACH + WHOLE.replace("test_scans", "test_whole")).replace('metrics="data"', ASKED)
    cases = session(scans, code)

    whole = cases.pop("test_whole").find("failure").text
    assert "the verdict is fail" in whole
    assert "fail: duplicates at most 0 %: is 100 %." in whole
    found = {name.partition("[")[2][:-1]: outcome(case) for name, case in cases.items()}
    as_told = {"pass": "passed", "fail": "failure", "warn": "passed", "not_looked_at": "skipped"}
    assert found == {name: as_told[status] for name, status in expected.items()}
    assert not (scans / "deri-report").exists()


@pytest.mark.sweep
def test_a_warning_fails_where_warnings_are_errors(scans: Path) -> None:
    """As pytest has it for all warnings: of these limits only the one on sharpness warns."""
    (scans / "limits.json").write_text(json.dumps({"name": "limits", "expectations": LIMITS}))
    strict = session(scans, EACH.replace('metrics="data"', ASKED), "-W", "error")
    failed = {name for name, case in strict.items() if outcome(case) == "failure"}

    assert [name for name in failed if "sharpness" in name]
    assert len(failed) == 2


def outcome(case: ET.Element) -> str:
    return next((child.tag for child in case if child.tag in {"failure", "skipped"}), "passed")


def test_a_limit_without_a_dataset_says_what_is_missing(scans: Path) -> None:
    """A test that would go through nothing is no test."""
    code = EACH.replace('@pytest.mark.deri_gate("scans", metrics="data")\n', "")
    with pytest.raises(AssertionError, match="dataset_limit needs a dataset"):
        session(scans, code)


def test_the_first_snippet_runs(scans: Path, monkeypatch) -> None:
    """Half of these pictures are copies, so the assertion fails."""
    monkeypatch.chdir(scans)
    with pytest.raises(AssertionError):
        exec(FIRST, {})


def test_pytest_finds_it() -> None:
    """By an entry point, so that nothing is to be configured."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert project["entry-points"]["pytest11"] == {"deri_gate": "deri_gate.cli.pytest_plugin"}


def test_a_path_is_another_dataset_in_another_folder(tmp_path, monkeypatch) -> None:
    """A test that had gone elsewhere got the verdict on the dataset that was there before."""
    judged = []
    monkeypatch.setattr(
        commands.check, "check", lambda _, **__: judged.append(Path.cwd()) or Path.cwd()
    )
    gate = DatasetGate()
    for name in ("one", "other", "one"):
        (tmp_path / name).mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / name)
        assert gate.check("scans") == tmp_path / name

    assert judged == [tmp_path / "one", tmp_path / "other"]


@pytest.mark.parametrize(
    "statuses", [("pass", "fail"), ("fail", "pass"), ("not_looked_at", "unknown")]
)
def test_a_limit_of_two_suites_holds_if_both_do(statuses) -> None:
    """Two of one name ended in a ValueError."""
    alike = {"name": "mine", "metric": "", "severity": "critical", "observed": None, "limit": None}
    checks = [Check(**alike, status=Status(one), reason="", detail="why") for one in statuses]
    gate = SimpleNamespace(check=lambda _, **__: SimpleNamespace(checks=checks))
    limit = DatasetLimit(name="mine", dataset="scans", options={}, gate=gate)

    with pytest.raises(pytest.fail.Exception, match="why"):
        limit.assert_holds()
