"""DVC's command in the process of the tests: one of its own takes a second to load, each time."""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from typing import TYPE_CHECKING
from unittest import mock

if TYPE_CHECKING:
    from pathlib import Path


def dvc(folder: Path, *words: str) -> str:
    """Run DVC in a folder and return what it prints; its log says why a command fails.

    `dvc repro` is run in a process of its own, which its stages print into.
    """
    printed = io.StringIO()
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(printed),
        mock.patch.dict(os.environ, DVC_NO_ANALYTICS="1"),
        warnings.catch_warnings(action="ignore"),  # of what it calls, not of ours
    ):
        from dvc.cli import main  # an extra

        status = main(list(words))
    assert status == 0, f"dvc {' '.join(words)}"
    return printed.getvalue()
