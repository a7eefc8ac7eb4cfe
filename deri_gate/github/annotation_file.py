"""File that annotations of a dataset are anchored to: one that git tracks, as images rarely are."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from deri_gate.github.commits import GitError, is_tracked, repo_root
from deri_gate.runtime.resources import is_shipped_name
from deri_gate.runtime.tracking.dvc import LOCK
from deri_gate.runtime.tracking.missing import recorded


def annotation_file_of(dataset: str, root: Path, suite: str | None = None) -> str | None:
    """The file that stands for a dataset in a pull request; None when git knows none.

    Args:
        dataset: Its path in the repository: a folder, a manifest, an npz file.
        root: The repository.
        suite: Path of the limits, where no file stands for the dataset.
    """
    place = PurePosixPath(dataset)
    parents = [place, *place.parents][:-1]
    wanted = [dataset, *(f"{parent}.dvc" for parent in parents)]
    wanted += [LOCK if _is_made(root / dataset) else "", suite or ""]
    for path in wanted:
        if path and (root / path).is_file() and is_tracked(path, root):
            return path
    return None


def _is_made(path: Path) -> bool:
    """True if a pipeline makes what is here: its lock says which content, as a `.dvc` file does."""
    return any(record.output.stated == LOCK for record in recorded(path))


def anchor_here(dataset: str, suite: str | None) -> str | None:
    """Find the file for a dataset named on the command line; None outside a repository."""
    path = Path(dataset)
    try:
        root = repo_root().resolve()
        named = path.resolve().relative_to(root).as_posix()
        own = suite is not None and not is_shipped_name(suite)
        limits = Path(suite or "").resolve().relative_to(root).as_posix() if own else None
    except (GitError, ValueError, OSError):
        return None
    return annotation_file_of(named, root, limits)
