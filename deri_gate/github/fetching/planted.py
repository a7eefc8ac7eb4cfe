"""Files that a commit must not hold: DVC's own state, which this machine alone writes."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from deri_gate.errors import DatasetError
from deri_gate.runtime.git import repository_of
from deri_gate.runtime.tracking.dvc import FOLDER
from deri_gate.runtime.tracking.tree import tree_of

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.runtime.tracking.tree import Tree

SHARED = ("config", ".gitignore")  # in the folder .dvc, what people commit
LOCAL = "config.local"
MOST_BYTES = 2**20


def refuse_planted(tree: Tree) -> None:
    """Make sure that a commit holds nothing of DVC's cache, locks, or this machine's settings.

    A file under `.dvc/cache` would vouch for a content that it is not; `.dvc/config.local` would
    choose the remote and its password.

    Raises:
        DatasetError: If it does.
    """
    for path, file in tree.files.items():
        parts = path.split("/")
        folded = [part.casefold() for part in parts]
        if FOLDER not in folded:
            continue
        own = "/".join(parts[folded.index(FOLDER) + 1 :])
        ordinary = own in SHARED or own.startswith("plots/")
        if not ordinary or file.is_link or file.is_submodule:
            fix = "Take it out of the branch: `git rm --cached`, and see .dvc/.gitignore."
            raise DatasetError("is DVC's own state, which no commit may hold", path, fix)


def head_of(root: Path) -> Tree:
    """The commit that a working tree is of."""
    repository = repository_of(root)
    return tree_of(repository, repository.commit("HEAD"))


def config_local(root: Path, own: str, head: Tree) -> bytes | None:
    """Settings of this machine for a DVC repository; None where there are none.

    Args:
        root: The repository's folder.
        own: Path of the folder `.dvc`.
        head: The commit in the working tree: what it holds is not this machine's.
    """
    place = root
    for part in (*own.split("/"), LOCAL):
        place /= part
        try:
            kind = place.lstat().st_mode
        except OSError:
            return None
        if not (stat.S_ISREG(kind) if part == LOCAL else stat.S_ISDIR(kind)):
            return None
    if f"{own}/{LOCAL}" in head.files or place.lstat().st_size > MOST_BYTES:
        return None
    return place.read_bytes()
