"""Folders for one run, which go with it; those of runs that were killed go at the next start."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from deri_gate.runtime.system import lock_file

FOLDER = "trees"
LOCK = ".lock"
_STALE = 7 * 24 * 3600  # seconds; where the system has no such locks


def new_tree(remote: Path) -> Path:
    """Make a folder that is deleted when this process ends, beside the kept contents.

    Args:
        remote: The folder of remote data.

    Raises:
        OSError: If it cannot be made.
    """
    trees = remote / FOLDER
    trees.mkdir(parents=True, exist_ok=True)
    for old in trees.iterdir():
        if _is_left(old):
            shutil.rmtree(old, ignore_errors=True)
    tree = _made(trees)
    atexit.register(_drop, tree, os.getpid())
    return tree


def _made(trees: Path) -> Path:
    tree = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=trees))
    lock = os.open(tree / LOCK, os.O_RDWR | os.O_CREAT, 0o600)  # held until the process ends
    lock_file(lock, alone=False)
    return tree


def _is_left(tree: Path) -> bool:
    """True for a folder whose run has ended."""
    try:
        lock = os.open(tree / LOCK, os.O_RDWR)
    except OSError:  # not yet locked, or not ours
        return _is_old(tree)
    try:
        free = lock_file(lock, alone=True)
    finally:
        os.close(lock)
    return _is_old(tree) if free is None else free


def _is_old(tree: Path) -> bool:
    with suppress(OSError):
        return time.time() - tree.stat().st_mtime > _STALE
    return False


def _drop(tree: Path, process: int) -> None:
    """Delete a folder, unless this is a child of the process that made it."""
    if os.getpid() == process:
        shutil.rmtree(tree, ignore_errors=True)
