"""The gate in a process of its own: what it loads, writes, says and asks of the network."""

from __future__ import annotations

import json
import os
import subprocess
import sys


def run(code, tmp_path, **env):
    """Run Python with warnings as errors, and with nothing but our own folders to write to."""
    where = tmp_path / "work"
    where.mkdir()
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=where,
        env={"PATH": os.environ["PATH"], "HOME": str(where), "TMPDIR": str(where), **env},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_great_expectations_is_not_imported_before_it_is_needed(tmp_path):
    done = run("import sys, deri_gate.gate; print('great_expectations' in sys.modules)", tmp_path)

    assert (done.stdout, done.stderr) == ("False\n", "")


LOOKED_THROUGH = """
import sys
from pathlib import Path
from deri_gate.errors import SettingError
from deri_gate.gate.suite import check_suite
from deri_gate.gate.slices import slice_names

for path in sorted(Path("..").glob("*.json")):
    try:
        check_suite(path, ["sharpness", *slice_names()])
        print("sound", end=" ")
    except SettingError:
        print("refused", end=" ")
print("great_expectations" in sys.modules)
"""
OURS = {
    "type": "expect_subscore_to_be_at_least",
    "kwargs": {"metric": "sharpness", "minimum": 5},
    "severity": "warning",
    "meta": {"reason": "r", "waiver": {"reason": "w", "until": "2099-01-01"}},
}
BETWEEN = {
    "type": "expect_column_values_to_be_between",
    "kwargs": {"column": "subscore", "min_value": 5},
}
REFUSED = {
    "no JSON": None,
    "no object": 5,
    "key": {**OURS, "severty": "warning"},
    "severity": {**OURS, "severity": "sever"},
    "type": {**OURS, "type": "expect_subscores"},
    "database": {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": "x"}},
    "metric": {**OURS, "kwargs": {"metric": "sharpnes", "minimum": 5}},
    "text": {**OURS, "kwargs": {"metric": "sharpness", "minimum": "5"}},
    "range": {**OURS, "kwargs": {"metric": "sharpness", "minimum": 101}},
    "argument": {**OURS, "kwargs": {"metric": "sharpness", "minimun": 5}},
    "other argument": {**BETWEEN, "kwargs": {"column": "subscore", "min_valu": 5}},
    "lacks one": {**BETWEEN, "kwargs": {"min_value": 5}},
    "no limit": {**BETWEEN, "kwargs": {"column": "subscore"}},
    "column": {**BETWEEN, "kwargs": {"column": "subscor", "min_value": 5}},
    "toothless": {**BETWEEN, "kwargs": {"column": "subscore", "min_value": 0}},
    "waiver": {**OURS, "meta": {"waiver": {"reason": "r"}}},
}


def test_what_the_file_shows_is_said_without_great_expectations(tmp_path):
    """It loads for seconds; of limits that are ours alone there is nothing left to ask it."""
    for name, entry in REFUSED.items():
        suite = {"name": "s", "expectations": [entry]}
        (tmp_path / f"{name}.json").write_text("{" if entry is None else json.dumps(suite))
    sound = {"name": "s", "expectations": [OURS]}
    (tmp_path / "sound.json").write_text(json.dumps(sound))

    done = run(LOOKED_THROUGH, tmp_path)

    places = sorted([*REFUSED, "sound"])
    said = ["sound" if name == "sound" else "refused" for name in places]
    assert (done.stdout.split(), done.stderr) == ([*said, "False"], "")


CODE = """
import socket

def refuse(*args, **kwargs):
    raise SystemExit("a connection was asked for")

socket.socket.connect = socket.getaddrinfo = refuse
from pathlib import Path
from deri_gate.gate import Row, judge

import logging
logging.basicConfig(level=logging.INFO)
row = Row(metric="sharpness", raw=1.0, subscore=None, weight=None)
print(judge([row], Path("../suite.json")).verdict)
"""
SUITE = """
{"name": "s", "expectations": [
  {"type": "expect_subscore_to_be_at_least", "kwargs": {"metric": "sharpness", "minimum": 5}},
  {"type": "expect_column_max_to_be_between", "kwargs": {"column": "raw", "max_value": 9,
   "row_condition": {"type": "comparison", "column": {"name": "weight"}, "operator": ">",
                     "parameter": "text, which raises"}}}
]}
"""


def test_it_leaves_no_trace(tmp_path):
    """Even where Great Expectations' cloud is set up, and where it has much to log."""
    (tmp_path / "suite.json").write_text(SUITE)
    cloud = {
        "GX_CLOUD_ACCESS_TOKEN": "token",
        "GX_CLOUD_ORGANIZATION_ID": "00000000-0000-0000-0000-000000000000",
        "GX_CLOUD_WORKSPACE_ID": "00000000-0000-0000-0000-000000000000",
        "GX_CLOUD_BASE_URL": "http://localhost:9",
        "DERI_GATE_CACHE_SIZE": "0",  # our own is no trace of it
    }

    done = run(CODE, tmp_path, **cloud)

    assert (done.stdout, done.stderr, done.returncode) == ("unknown\n", "", 0)
    assert list((tmp_path / "work").iterdir()) == []
