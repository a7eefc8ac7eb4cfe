"""The benchmark of the driver's memory, in its small form: a line a step, on rows that are plain."""

from __future__ import annotations

import mmap
import re
import sys
from pathlib import Path

import pytest

from deri_gate.runtime import large_arrays
from tests.scripts import benchmark

LINE = re.compile(r"(\S.*?)\s+([\d.]+) s\s+(\d+) MB at most\s+(\d+) MB after\s+(\d+) MB of files")


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.setattr(large_arrays, "LARGE", large_arrays.LARGE)  # it sets another
    return benchmark("driver_memory")


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


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_memory_that_is_written_is_seen(bench) -> None:
    """64 MB that are new, as no pages that were freed before can be."""
    before = bench.memory()[0]
    with mmap.mmap(-1, 2**26, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as held:
        held.write(b"1" * 2**26)

        assert bench.memory()[0] - before > 60
