"""The gate in a process of its own: what it loads, writes, says and asks of the network."""

from __future__ import annotations

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
