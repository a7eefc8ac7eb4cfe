"""Outputs of DVC that differ between two commits."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from deri_gate.errors import DatasetError
from deri_gate.runtime.tracking.dvc import LOCK, PIPELINE, is_record
from deri_gate.runtime.tracking.tree_outputs import outputs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from deri_gate.runtime.tracking.tree import Tree


def changed_outputs(base: Tree, head: Tree, files: Collection[str]) -> set[str] | None:
    """Paths of what DVC keeps that is not shown to be the same at two commits.

    Args:
        base: The one commit.
        head: The other.
        files: The files that differ.

    Returns:
        The paths, links on the way followed; None where a file of DVC's that differs cannot be
        read, or one is a link, so that anything may have changed.
    """
    if any(is_record(link) for tree in (base, head) for link in tree.links):
        return None  # DVC reads through it what no file of these names says
    wanted = {path for path in files if is_record(path)}
    folders = {posixpath.dirname(path) for path in files if posixpath.basename(path) == PIPELINE}
    wanted |= {posixpath.join(folder, LOCK) for folder in folders}
    try:
        before, after = (_said(tree, wanted) for tree in (base, head))
    except DatasetError:
        return None
    return {path for path, _ in before ^ after}


def _said(tree: Tree, paths: Iterable[str]) -> set[tuple[str, str]]:
    """Each output's path, as it is written and as links lead to it, with all that is said of it."""
    named = set()
    for path in paths:
        whole = tree.files[path].name if path in tree.files else ""
        for out in outputs(tree, [path]):
            if out.path is None:
                continue
            # Where it comes from may be said outside of the output, as by an import.
            record = out.record if posixpath.basename(path) == LOCK else f"{out.record} {whole}"
            named.add((out.path, record))
            led = tree.resolve(out.path).path
            if led is not None:
                named.add((led, record))
    return named


def is_kept(tree: Tree, path: str) -> bool:
    """True if a dataset is there at a commit: in git, or by a file of DVC's.

    Raises:
        DatasetError: If a file of DVC's cannot be read.
    """
    place = tree.resolve(path).path
    if place is None:
        return False
    if next(tree.below(place), None) is not None or tree.above(place) is not None:
        return True
    return any(out.cached and out.meets(place) for out in outputs(tree))


def kept_twice(tree: Tree, path: str) -> str:
    """Path in a dataset that both git and DVC keep at a commit; "" for none.

    They may say different things: one is judged, and the other is what people get.

    Raises:
        DatasetError: If a file of DVC's cannot be read.
    """
    place = tree.resolve(path).path
    if place is None:
        return ""
    for out in outputs(tree):
        if out.cached and out.meets(place) and out.path is not None:
            led = tree.resolve(out.path).path or out.path
            if any(not tree.files[one].is_link for one in tree.below(led)):
                return out.path
    return ""
