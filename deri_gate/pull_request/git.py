"""What we ask of git, and how it says no."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.errors import DeriGateError

if TYPE_CHECKING:
    from collections.abc import Mapping


class GitError(DeriGateError):
    """Git cannot do what was asked: no repository, no such revision, no right to push."""


def git(*arguments: str, root: Path, env: Mapping[str, str] | None = None) -> bytes:
    """What a git command says.

    Args:
        arguments: Of git, as they are: no shell reads them.
        root: Where it runs.
        env: More of its environment.

    Raises:
        GitError: If it fails.
    """
    command = ["git", "-c", "core.quotepath=off", *arguments]
    surroundings = {**os.environ, "LC_ALL": "C", **(env or {})}
    try:
        done = subprocess.run(  # noqa: S603  # no shell, and git's own arguments
            command, cwd=root, env=surroundings, capture_output=True, check=False
        )
    except OSError as error:
        fix = "Install git, and run this in a repository."
        raise GitError(f"git cannot be run ({error.strerror})", root, fix) from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip() or f"exit status {done.returncode}"
        raise GitError(f"git {arguments[0]} failed: {said.splitlines()[-1]}", root)
    return done.stdout


def revision(name: str, root: Path) -> str:
    """The commit that a name stands for.

    Raises:
        GitError: If it is not here; says what to fetch.
    """
    try:
        wanted = ("--end-of-options", f"{name}^{{commit}}")
        return git("rev-parse", "--verify", "--quiet", *wanted, root=root).decode().strip()
    except GitError as error:
        shallow = git("rev-parse", "--is-shallow-repository", root=root).strip() == b"true"
        fix = "Run `git fetch --unshallow`, or check out with fetch-depth: 0." if shallow else (
            "Fetch it first, for instance with `git fetch origin`."
        )  # fmt: skip
        raise GitError(f"there is no revision {name!r} here", root, fix) from error


def forked(base: str, root: Path, head: str = "HEAD") -> str:
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
    said = git("diff", "--name-only", "--no-renames", "-z", base, head, root=root)
    return tuple(name for name in said.decode(errors="surrogateescape").split("\0") if name)


def content_at(rev: str, path: str, root: Path) -> bytes | None:
    """A file as it is at a revision, None when it is not there."""
    if not files_at(rev, path, root):
        return None
    return git("cat-file", "blob", f"{rev}:{path}", root=root)


def files_at(rev: str, path: str, root: Path) -> tuple[str, ...]:
    """The files at or below a path, at a revision."""
    said = git("ls-tree", "-r", "-z", "--name-only", rev, "--", f":(literal){path}", root=root)
    return tuple(name for name in said.decode(errors="surrogateescape").split("\0") if name)


def knows(path: str, root: Path) -> bool:
    """Whether git tracks a file in the working tree."""
    try:
        git("ls-files", "--error-unmatch", "--", f":(literal){path}", root=root)
    except GitError:
        return False
    return True


def top(folder: Path) -> Path:
    """The root of the repository that a folder is in.

    Raises:
        GitError: If it is in none.
    """
    try:
        return Path(git("rev-parse", "--show-toplevel", root=folder).decode().rstrip("\n"))
    except GitError as error:
        raise GitError("this is no git repository", folder, "Run it in one.") from error
