"""The benchmark of the driver's memory, in its small form: a line a step, on rows that are plain."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from deri_gate.runtime import large_arrays

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "driver_memory.py"
LINE = re.compile(r"(\S.*?)\s+([\d.]+) s\s+(\d+) MB at most\s+(\d+) MB after\s+(\d+) MB of files")


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.setattr(large_arrays, "LARGE", large_arrays.LARGE)  # it sets another
    spec = importlib.util.spec_from_file_location("driver_memory", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    sys.modules["driver_memory"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["driver_memory"]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_every_step_is_told(bench, monkeypatch, capsys) -> None:
    """With what it took; arrays lie in files from the size on that is given."""
    command = ["driver_memory.py", "200", "--large", "100000", "--without", "probe,neighbours"]
    monkeypatch.setattr(sys, "argv", command)
    bench.main()
    lines = [LINE.fullmatch(line) for line in capsys.readouterr().out.splitlines()]

    assert [line[1] for line in lines] == [
        "names and labels",
        "rows and embeddings",
        "spectrum",
        "pictures.near_duplicates",
    ]
    assert all(int(line[3]) >= int(line[4]) > 0 for line in lines)


def test_memory_of_an_array_is_seen(bench) -> None:
    """64 MB that are written are 64 MB more."""
    before = bench.memory()[0]
    held = np.ones(2**23)

    assert 60 < bench.memory()[0] - before < 80
    assert held.nbytes == 2**26
