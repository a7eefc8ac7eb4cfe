"""Questions of a pull request to git: where it left its base, and the files at a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.runtime.git import OBJECT, GitError, repository_of
from deri_gate.runtime.tracking.tree import tree_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from deri_gate.runtime.tracking.tree import Tree

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


def merge_base(base: str, root: Path) -> str:
    """The commit at which HEAD left base, so that only its own changes count.

    Raises:
        GitError: If one is not here, or they share nothing.
    """
    one, other = revision(base, root), revision("HEAD", root)
    fix = "Check out with fetch-depth: 0; a shallow clone does not hold where they meet."
    what = f"{base} and HEAD have no common commit here"
    try:
        commit = git("merge-base", one, other, root=root).decode("ascii", "replace").strip()
    except GitError as error:
        raise GitError(what, root, fix) from error
    if not OBJECT.fullmatch(commit):
        raise GitError(what, root, fix)
    return commit


def changed_files(base: str, root: Path, head: str) -> tuple[str, ...]:
    """Paths that differ between two commits, old and new names of what moved both.

    Both are compared here, file by file: a `git diff` that prints nothing would say that nothing
    differs.

    Raises:
        DeriGateError: If a commit is not here, or not whole.
    """
    before, after = (_tree(one, root).files for one in (base, head))
    either = sorted(before.keys() | after.keys())
    return tuple(path for path in either if before.get(path) != after.get(path))


def content_at(rev: str, path: str, root: Path) -> bytes | None:
    """A file as it is at a revision, None when it is not there.

    Raises:
        DeriGateError: If git does not give it, or there is something else of this name.
    """
    tree = _tree(rev, root)
    content = tree.read(path)
    if content is None and next(tree.below(path), None) is not None:
        raise GitError(f"{path} is no file at {rev[:12]}", root, "Commit the file.")
    return content


def files_at(rev: str, path: str, root: Path) -> tuple[str, ...]:
    """The files at or below a path, at a revision."""
    return tuple(_tree(rev, root).below(path.removesuffix("/")))


def _tree(rev: str, root: Path) -> Tree:
    repository = repository_of(root)
    return tree_of(repository, repository.commit(rev))


def is_tracked(path: str, root: Path) -> bool:
    """True if git tracks a file in the working tree."""
    try:
        git("ls-files", "--error-unmatch", "--", f":(top,literal){path}", root=root)
    except GitError:
        return False
    return True


def repo_root() -> Path:
    """Root of the repository around the folder of --repo, or else the working directory.

    Raises:
        GitError: If there is none.
    """
    return repository_of(None).root
