"""`python -m deri_gate` is the same command."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image


def as_module(*words, folder):
    return subprocess.run(
        [sys.executable, "-P", "-m", "deri_gate", *map(str, words)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_named_as_the_command(tmp_path):
    done = as_module("chek", folder=tmp_path)

    assert done.returncode == 2
    assert done.stderr.endswith("Run `deri-gate --help`.\n")


@pytest.mark.sweep
def test_workers_of_a_run_do_not_run_it_again(tmp_path):
    """Each loads the program's main module anew."""
    generator = np.random.default_rng(1)
    for name in "ab":
        (tmp_path / "set" / name).mkdir(parents=True)
        for i in range(8):
            picture = generator.integers(0, 255, (24, 24, 3), dtype=np.uint8)
            Image.fromarray(picture).save(tmp_path / "set" / name / f"{i}.png")
    done = as_module(
        "check", "set", "--metrics", "sharpness", "--workers", 2, "--out", "report", folder=tmp_path
    )

    assert "Usage" not in done.stderr
    assert (tmp_path / "report" / "scores.json").exists(), done.stderr
