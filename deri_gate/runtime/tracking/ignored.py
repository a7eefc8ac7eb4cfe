"""Files below a watched folder that DVC leaves out, so that no change of them is seen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.errors import SettingError
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.tracking.dvc import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterable

RULES = ".dvcignore"
NEVER = frozenset({".git", ".hg", FOLDER})  # folders that DVC ignores by itself
SECONDS = 600


def first_ignored(paths: Iterable[Path], watched: Path) -> str:
    """One of the files that DVC ignores, by its path in the repository; "" for none.

    DVC itself is asked, and only where there is a rule: it takes seconds to start.

    Args:
        paths: Files at or below the watched path, as they are written.
        watched: File or folder that a stage depends on.

    Raises:
        SettingError: If there are rules, and no DVC that could be asked.
    """
    start = Path(os.path.normpath(Path.cwd() / watched))
    files = {os.path.normpath(Path.cwd() / path) for path in paths}
    root = next((parent for parent in start.parents if (parent / FOLDER).is_dir()), None)
    if root is None or not _some_rule(start, root, {Path(file).parent for file in files}):
        return ""
    ignored = _asked(sorted(files), root)
    return os.path.relpath(ignored[0], root) if ignored else ""


def _some_rule(start: Path, root: Path, folders: Iterable[Path]) -> bool:
    """True if a file of rules has a line, or a folder is one that DVC never enters.

    DVC refuses files of rules at and below what it watches; there, a repository of its own counts.
    """
    above = [parent for parent in start.parents if parent == root or root in parent.parents]
    if any(_has_lines(parent / RULES) for parent in above):
        return True
    inside = {
        parent
        for folder in folders
        for parent in (folder, *folder.parents)
        if parent == start or start in parent.parents
    }
    return any(NEVER & {*parent.parts} or (parent / FOLDER).is_dir() for parent in inside)


def _has_lines(rules: Path) -> bool:
    try:
        lines = read_regular_file(rules).splitlines()
    except FileNotFoundError:
        return False
    except OSError:
        return True  # DVC is to say what it makes of it
    return any(line.strip() and not line.strip().startswith(b"#") for line in lines)


def _asked(files: list[str], root: Path) -> list[str]:
    """Files among these that DVC ignores.

    Raises:
        SettingError: If it is not there, or does not answer.
    """
    if any(sign in file for file in files for sign in "\r\n"):  # DVC reads a name a line
        raise _silent("a file has a line break in its name", root)
    given = b"".join(os.fsencode(file) + b"\n" for file in files)
    try:
        done = subprocess.run(  # noqa: S603  # no shell, and our own words
            [*_command(root), "check-ignore", "--stdin"],
            cwd=root,
            input=given,
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _silent(type(error).__name__, root) from error
    if done.returncode not in {0, 1}:  # 1: none is ignored
        said = done.stderr.decode("utf-8", errors="replace").strip().partition("\n")[0]
        raise _silent(said[:300], root)
    return [os.fsdecode(line) for line in done.stdout.splitlines()]


def _command(root: Path) -> list[str]:
    if find_spec("dvc") is not None:
        return [sys.executable, "-P", "-m", "dvc"]  # -P: never from the repository
    program = shutil.which("dvc")
    if program is None:
        fix = "Run `pip install 'deri-gate[dvc]'`, or remove the rules."
        raise SettingError("dvc is not installed, which knows what it ignores", root / RULES, fix)
    return [program]


def _silent(why: str, root: Path) -> SettingError:
    fix = "Run `dvc check-ignore` on an image, and correct what it says."
    return SettingError(f"DVC does not say what it ignores ({why})", root / RULES, fix)
