"""Bad inputs through the real command line: a sample in the sweeps, all of them by name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CORPUS = Path(__file__).with_name("corpus") / "run.py"
FEWEST = 358  # so many were tried when the program was first attacked


def outcome(*options: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(CORPUS), *options], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.sweep
@pytest.mark.timeout(600)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc tells the peak memory")
@pytest.mark.parametrize("every", ["53", "23"])
def test_a_sample_of_the_corpus(every):
    """Every so many cases; each sample touches every family, and every kind of outcome.

    The command is forked from a process that has loaded libraries: they take most of its time.
    """
    status, said = outcome("--every", every, "--forked")

    assert status == 0, said


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_the_whole_corpus():
    status, said = outcome()

    assert status == 0, said
    held = int(said.split(" of ")[-2].split()[-1])
    assert held >= FEWEST
