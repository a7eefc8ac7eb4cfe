"""The tutorial's commands, in its order, in a folder as its reader has it; and the site."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
COMMANDS = [
    line[2:]
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("$ ")
]
AUTHOR = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER")
          for what in ("NAME", "EMAIL")}  # fmt: skip
FAILS = "deri-gate ci check --base main --out deri-report/ci"


@pytest.fixture
def reader(tmp_path):
    """A shell in a folder with 120 real digits of two classes as `cats` and `dogs`."""
    digits, rng = load_digits(n_class=2), np.random.default_rng(5)
    for n, (levels, label) in enumerate(zip(digits.images, digits.target, strict=True)):
        if n == 120:
            break
        name = ("cats", "dogs")[label]
        path = (
            tmp_path / "scans" / name / f"{len(list((tmp_path / 'scans').glob(f'{name}/*')))}.png"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        big = Image.fromarray((levels * 14).astype(np.uint8)).resize((40, 40), 3)
        grained = np.asarray(big) + rng.normal(0, 4, (40, 40))
        Image.fromarray(grained.clip(0, 255).astype(np.uint8)).save(path)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **AUTHOR, "PATH": path, "GIT_CONFIG_GLOBAL": os.devnull}

    def shell(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True,
            check=False,
        )  # fmt: skip

    return shell


@pytest.mark.slow
def test_every_command_does_what_the_page_says(reader) -> None:
    """All succeed but the last, which names copied files."""
    assert COMMANDS[-1] == FAILS
    assert len(COMMANDS) > 10
    for command in COMMANDS[:-1]:
        done = reader(command)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    done = reader(FAILS)

    assert done.returncode == 1, done.stdout + done.stderr
    assert "dogs/1" in done.stdout


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path) -> None:
    """Strict: a link that leads nowhere is an error. Every page is in the navigation."""
    pytest.importorskip("material")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path],
        cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stderr
    navigation = (ROOT / "mkdocs.yml").read_text("utf-8")
    pages = [page.name for page in (ROOT / "docs").glob("*.md")]
    assert [page for page in pages if f"- {page}" not in navigation] == []
    help_of_check = (tmp_path / "reference" / "commands.html").read_text("utf-8")
    assert "--change-suite" in help_of_check
    example = (tmp_path / "example" / "report.html").read_text("utf-8")
    assert "data:image/webp;base64," in example
    assert "example/report.html" in (tmp_path / "index.html").read_text("utf-8")
