"""Surroundings of the tests: what a workflow, a git hook or a person has set changes none of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SAID = "import os, conftest; print(sorted(set(os.environ) & set({names!r})))"


@pytest.mark.sweep
def test_variables_of_a_workflow_are_not_seen() -> None:
    """A report made with CI=true has no pictures: a test of pictures failed in CI alone."""
    names = {"CI": "true", "GITHUB_ACTIONS": "true", "GITLAB_CI": "1", "CI_API_V4_URL": "x",
             "GIT_DIR": "/nowhere", "NO_COLOR": "1", "DERI_GATE_PICTURES": "none"}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", SAID.format(names=list(names))],
        env={**os.environ, **names},
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "[]"
