"""Histories of drift on a branch of their own: they expire with no cache, and need no review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.github.commits import GitError, content_at, git
from deri_gate.github.open_pull_request import AUTHOR, push, with_token
from deri_gate.runtime.files import write_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from deri_gate.github.api import Hosting

HISTORY = "history.csv"  # in the folder of each batch
REFERENCE = "refs/deri-gate/drift-history"  # where the branch is kept here
MESSAGE = "Histories of drift"


def fetch_histories(
    branch: str, names: Iterable[str], folder: Path, root: Path, hosting: Hosting
) -> str | None:
    """Lay out the histories of a branch as `NAME/history.csv`; one that is there stays.

    Args:
        branch: Name of the branch.
        names: Comparisons that have a history.
        folder: Holds the reports, a folder a comparison.
        root: The repository.
        hosting: Where it is hosted.

    Returns:
        The branch's commit; None where there is no such branch yet.

    Raises:
        GitError: If the remote cannot be asked.
    """
    token = with_token(hosting.token)
    listed = git(
        "ls-remote", "--heads", "origin", f"refs/heads/{branch}", root=root, env=token, online=True
    )
    if not listed.strip():
        return None
    spec = f"+refs/heads/{branch}:{REFERENCE}"
    git("fetch", "--no-tags", "origin", spec, root=root, env=token, online=True)
    commit = git("rev-parse", REFERENCE, root=root).decode().strip()
    for name in names:
        content, place = content_at(commit, f"{name}.csv", root), folder / name / HISTORY
        if content is not None and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(content, place)
    return commit


def keep_histories(
    branch: str, folder: Path, root: Path, hosting: Hosting, *, parent: str | None
) -> bool:
    """Commit the histories to their branch, and push it; False if none has changed.

    Args:
        branch: Name of the branch.
        folder: Holds the reports, a folder a comparison.
        root: The repository.
        hosting: Where it is hosted.
        parent: The branch's commit, None for a new branch.

    Raises:
        GitError: If git cannot commit or push.
    """
    entries = {} if parent is None else _entries(parent, root)
    before = dict(entries)
    for path in sorted(folder.glob(f"*/{HISTORY}")):
        written = git("hash-object", "-w", "--no-filters", "--", str(path), root=root)
        entries[f"{path.parent.name}.csv"] = written.decode().strip()
    if not entries or entries == before:
        return False
    tree = _tree_of(entries, root)
    parents = () if parent is None else ("-p", parent)
    made = git("commit-tree", tree, *parents, "-m", MESSAGE, root=root, env=AUTHOR)
    push(made.decode().strip(), branch, root, hosting)
    return True


def _entries(commit: str, root: Path) -> dict[str, str]:
    """Files of the branch: name and object."""
    listed = git("ls-tree", "-z", commit, root=root).decode("utf-8", "surrogateescape")
    entries = {}
    for line in filter(None, listed.split("\0")):
        about, _, name = line.partition("\t")
        entries[name] = about.split()[2]
    return entries


def _tree_of(entries: dict[str, str], root: Path) -> str:
    """Write a tree with these files.

    Raises:
        GitError: If git cannot.
    """
    index = {"GIT_INDEX_FILE": str(root / ".git" / "deri-gate-history-index")}
    try:
        git("read-tree", "--empty", root=root, env=index)
        for name, blob in sorted(entries.items()):
            cache = f"100644,{blob},{name}"
            git("update-index", "--add", "--cacheinfo", cache, root=root, env=index)
        return git("write-tree", root=root, env=index).decode().strip()
    except GitError as error:
        raise GitError("the histories cannot be written", root, "Run the job again.") from error
