"""Questions of a pull request to git: where it left its base, and the files at a commit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from deri_gate.runtime.git import GitError, repository_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = [
    "GitError",
    "changed_files",
    "content_at",
    "files_at",
    "git",
    "is_tracked",
    "merge_base",
    "repo_root",
    "revision",
]


def git(
    *arguments: str, root: Path, env: Mapping[str, str] | None = None, online: bool = False
) -> bytes:
    """Standard output of a git command.

    Args:
        arguments: Git's, as they are: no shell reads them.
        root: The repository's folder, as `top` says; never a folder of data.
        env: More of its environment.
        online: If it may talk to a remote.

    Raises:
        GitError: If it fails.
    """
    return repository_of(root).run(*arguments, env=env, online=online)


def revision(name: str, root: Path) -> str:
    """Full name of the commit that a revision means.

    Raises:
        GitError: If it is not here, or ambiguous; says what to do.
    """
    return repository_of(root).commit(name)


def merge_base(base: str, root: Path, head: str = "HEAD") -> str:
    """The commit at which head left base, so that only head's own changes count.

    Raises:
        GitError: If one is not here, or they share nothing.
    """
    one, other = revision(base, root), revision(head, root)
    try:
        return git("merge-base", one, other, root=root).decode().strip()
    except GitError as error:
        fix = "Check out with fetch-depth: 0; a shallow clone does not hold where they meet."
        raise GitError(f"{base} and {head} have no common commit here", root, fix) from error


def changed_files(base: str, root: Path, head: str = "HEAD") -> tuple[str, ...]:
    """Paths that differ between two commits, old and new names of what moved both."""
    wanted = ("-r", "-z", "--name-only", "--no-renames", "--ignore-submodules=none")
    ends = (revision(base, root), revision(head, root))
    said = git("diff-tree", *wanted, *ends, "--", root=root)
    return tuple(name for name in os.fsdecode(said).split("\0") if name)


def content_at(rev: str, path: str, root: Path) -> bytes | None:
    """A file as it is at a revision, None when it is not there."""
    commit = revision(rev, root)
    if not files_at(commit, path, root):
        return None
    return git("cat-file", "blob", f"{commit}:{path}", root=root)


def files_at(rev: str, path: str, root: Path) -> tuple[str, ...]:
    """The files at or below a path, at a revision."""
    wanted = (revision(rev, root), "--", f":(top,literal){path}")
    said = git("ls-tree", "-r", "-z", "--name-only", "--full-tree", *wanted, root=root)
    return tuple(name for name in os.fsdecode(said).split("\0") if name)


def is_tracked(path: str, root: Path) -> bool:
    """True if git tracks a file in the working tree."""
    try:
        git("ls-files", "--error-unmatch", "--", f":(top,literal){path}", root=root)
    except GitError:
        return False
    return True


def repo_root(folder: Path | None = None) -> Path:
    """Root of the repository around a folder: --repo's or the working directory when None.

    Raises:
        GitError: If there is none.
    """
    return repository_of(folder).root
