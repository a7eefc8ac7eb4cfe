"""The benchmark of a check on made rows: whatever changes in the package, it runs to the report."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "million_rows.py"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_a_few_rows_become_a_report(tmp_path) -> None:
    """All its files, and a log of seconds that names where the command was."""
    out, log = tmp_path / "report", tmp_path / "memory.csv"
    command = [sys.executable, str(BENCHMARK), "640", "--out", str(out), "--log", str(log)]
    subprocess.run(command, check=True)

    assert {"report.html", "images.parquet", "sufficiency.json"} <= {f.name for f in out.iterdir()}
    assert "deri_gate" not in log.read_text("utf-8")  # places are told without it
    assert "measure_dataset" in log.read_text("utf-8")
