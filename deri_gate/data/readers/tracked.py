"""Files of a git revision, those that DVC and Git LFS keep included."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.errors import DatasetError, UnreadableImageError
from deri_gate.runtime.git import GitError, repository_of
from deri_gate.runtime.tracking import lfs
from deri_gate.runtime.tracking.kept import Kept, kept_below
from deri_gate.runtime.tracking.objects import Objects
from deri_gate.runtime.tracking.tree import path_inside, tree_of

if TYPE_CHECKING:
    from deri_gate.runtime.git import Repository

Tracked = Kept


@dataclass(frozen=True)
class Revision:
    """One commit of the repository around the working directory.

    Attributes:
        name: The revision as the user wrote it.
        repository: The repository.
        commit: Full name of the commit.
    """

    name: str
    repository: Repository
    commit: str
    _objects: Objects = field(repr=False, compare=False)

    @classmethod
    def of(cls, name: str, path: Path, repo: Path | None = None) -> Revision:
        """Find the repository and the revision in it.

        Args:
            name: The revision.
            path: The dataset's, for messages only: it does not choose the repository.
            repo: A folder of the repository; the working directory when None.

        Raises:
            DatasetError: If there is no repository, or no such revision here.
        """
        where = f"git:{name}:{path}"
        try:
            repository = repository_of(repo)
        except GitError as error:
            raise DatasetError(
                f"cannot look into git here ({error.what})", where, error.fix
            ) from error
        try:
            commit = repository.commit(name)
        except GitError as error:
            what = error.what.replace(" here", " in this repository")
            raise DatasetError(what, where, error.fix) from error
        return cls(name, repository, commit, Objects(repository))

    @property
    def root(self) -> Path:
        """The repository's folder."""
        return self.repository.root

    def files(self, path: Path) -> dict[str, Tracked]:
        """Files below a path by their path relative to it; "" for the path itself.

        Links are followed inside the revision.

        Raises:
            DatasetError: If there is nothing, or DVC's list of a folder was not fetched.
        """
        where = f"git:{self.name}:{path}"
        own = self._inside(path)
        if own is None:
            fix = f"Run it in that repository, or name it with --repo; this one is {self.root}."
            raise DatasetError("the path leads out of the repository", where, fix)
        kept = kept_below(tree_of(self.repository, self.commit), own)
        if not kept:
            fix = "Look at `git ls-tree REVISION`, and whether the path had another name then."
            raise DatasetError("there is no such path in this revision", where, fix)
        return kept

    def _inside(self, path: Path) -> str | None:
        """The path from the repository's root on; as written where nothing else leads there."""
        own = path_inside(path, self.root)
        outside = path_inside(Path.cwd(), self.root) is None
        if own is None and outside and not path.is_absolute():
            plain = os.path.normpath(path)
            own = None if plain.startswith("..") else "" if plain == "." else Path(plain).as_posix()
        return own

    def read(self, file: Tracked) -> bytes:
        """Content of a file.

        Raises:
            DatasetError: If it has not been fetched.
            UnreadableImageError: If it is a link that is not followed.
        """
        if file.refused:
            raise UnreadableImageError(file.refused)
        if file.cache is not None:
            return self._cached(file).read_bytes()
        content = self._objects.read(file.blob)
        if lfs.is_pointer(content[: lfs.MOST_BYTES]):
            sha256 = lfs.object_of(content)
            if not sha256:
                raise UnreadableImageError("a pointer of Git LFS that names no file")
            return lfs.kept(sha256, self.repository)
        return content

    def head(self, file: Tracked, count: int) -> bytes:
        """First bytes of a file.

        Raises:
            DatasetError: If it has not been fetched.
            UnreadableImageError: If it is not to be read.
        """
        if file.cached is None:
            return self.read(file)[:count]
        try:
            with file.cached.open("rb") as opened:
                return opened.read(count)
        except OSError:
            return self._cached(file).read_bytes()[:count]

    def local(self, file: Tracked) -> Path | None:
        """DVC's own copy, to be read only; None for what git keeps.

        Raises:
            DatasetError: If it has not been fetched.
        """
        return None if file.cache is None else self._cached(file)

    def _cached(self, file: Tracked) -> Path:
        assert file.cache is not None
        try:
            return file.cache.file(file.md5, plain=file.plain)
        except DatasetError as error:
            raise DatasetError(
                f"{error.what}, of revision {self.name!r}", error.where, error.fix
            ) from error
