"""The example of a plugin is that of the page, and its own tests pass."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "plugin"
PAGE = (ROOT / "docs" / "plugins.md").read_text("utf-8")
DECLARED = re.findall(r'\[project.entry-points."([\w.]+)"\]\n(\w+) = "([\w:]+)"', PAGE)


def test_it_is_the_code_of_the_page() -> None:
    """Copied, not told again: what a reader copies is what is tested."""
    modules = [value.partition(":")[0] for _, _, value in DECLARED]
    code = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)

    assert [(EXAMPLE / f"{name}.py").read_text("utf-8") for name in modules] == code
    declared = tomllib.loads((EXAMPLE / "pyproject.toml").read_text("utf-8"))["project"]
    assert declared["entry-points"] == {group: {name: value} for group, name, value in DECLARED}


def test_its_own_tests_pass() -> None:
    """In a process of their own, from its folder, as its author runs them."""
    environment = {**os.environ, "PYTHONPATH": f"{EXAMPLE}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--rootdir", EXAMPLE, "-c", os.devnull, "tests"],
        cwd=EXAMPLE, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 passed" in done.stdout
