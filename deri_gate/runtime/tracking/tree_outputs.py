"""Outputs that DVC keeps at one commit."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from deri_gate.runtime.tracking.dvc import FOLDER, LOCK, PIPELINE, Output, is_record, outputs_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deri_gate.runtime.tracking.tree import Tree


def records(tree: Tree) -> list[str]:
    """All files of a commit that say what DVC keeps, at any depth."""
    return [path for path, file in tree.files.items() if file.mode[:3] == "100" and is_record(path)]


def outputs(tree: Tree, paths: Iterable[str] | None = None) -> list[Output]:
    """Outputs that these records name, all records of a commit unless given.

    Raises:
        DatasetError: If one cannot be read.
    """
    outs = []
    for path in records(tree) if paths is None else paths:
        content = tree.read(path)
        pipeline = None
        if posixpath.basename(path) == LOCK:
            pipeline = tree.read(posixpath.join(posixpath.dirname(path), PIPELINE))
        if content is not None:
            outs += outputs_in(content, path, pipeline)
    return outs


def dvc_root(tree: Tree, path: str) -> str | None:
    """Folder of the DVC repository that a file belongs to; None where there is none.

    `dvc init --subdir` makes one below the root of git's.
    """
    folder = path
    while folder:
        folder = posixpath.dirname(folder)
        own = posixpath.join(folder, FOLDER)
        if next(tree.below(own), None) is not None:
            return folder
    return None
