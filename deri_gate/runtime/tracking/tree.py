"""All files of one commit, with links followed inside the commit itself.

Never the working tree's links: a pull request may have put a link where the base has a folder.
"""

from __future__ import annotations

import os
import posixpath
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from deri_gate.runtime.tracking.listing import files_of
from deri_gate.runtime.tracking.objects import Objects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.runtime.git import Repository
    from deri_gate.runtime.tracking.listing import TreeFile

MOST_HOPS = 40  # links one behind the other, as file systems allow


@dataclass(frozen=True)
class Tree:
    """Files, links and submodules of a commit, by path from the repository's root.

    Attributes:
        repository: Where it is kept.
        commit: Its full name.
        files: By path with forward slashes, sorted.
    """

    repository: Repository
    commit: str
    files: dict[str, TreeFile] = field(repr=False)

    @classmethod
    def of(cls, repository: Repository, commit: str) -> Tree:
        """List a commit, given by its full name.

        Raises:
            DatasetError: If git does not give all of it.
        """
        return cls(repository, commit, files_of(commit, Objects(repository)))

    @cached_property
    def objects(self) -> Objects:
        """Reader of its contents."""
        return Objects(self.repository)

    @cached_property
    def paths(self) -> list[str]:
        """All paths, sorted."""
        return list(self.files)

    @cached_property
    def depth(self) -> int:
        """Components of the deepest path."""
        return 1 + max((path.count("/") for path in self.paths), default=0)

    @cached_property
    def links(self) -> tuple[str, ...]:
        """Paths of all symbolic links."""
        return tuple(path for path, file in self.files.items() if file.is_link)

    def read(self, path: str) -> bytes | None:
        """Content of a file; None where there is none, or it is no file."""
        file = self.files.get(path)
        return None if file is None or file.is_submodule else self.objects.read(file.name)

    def below(self, path: str) -> Iterator[str]:
        """Paths at and below a path; links are not followed."""
        if not path:
            yield from self.paths
            return
        if path in self.files:
            yield path
        start = bisect_left(self.paths, f"{path}/")
        for one in self.paths[start:]:
            if not one.startswith(f"{path}/"):
                return
            yield one

    def above(self, path: str) -> str | None:
        """The link or submodule that stands in the way to a path, the path itself excepted."""
        parts = path.split("/")
        for end in range(1, min(len(parts), self.depth + 1)):
            place = "/".join(parts[:end])
            if place in self.files:
                return place
        return None

    def resolve(self, path: str) -> Resolved:
        """Follow all links on the way to a path, and at it, as a file system does."""
        waiting, done, passed = path.split("/")[::-1], list[str](), list[str]()
        while waiting:
            part = waiting.pop()
            if part in {"", "."}:
                continue
            if part == "..":
                if not done:
                    return Resolved(None, tuple(passed))
                done.pop()
                continue
            place = "/".join([*done, part]) if len(done) < self.depth else ""
            file = self.files.get(place)
            if file is None or not file.is_link:
                done.append(part)
                continue
            passed.append(place)
            said: str | None = os.fsdecode(self.objects.read(file.name))
            if posixpath.isabs(said or ""):
                said, done = path_inside(said or "", self.repository.root), []
            if said is None or len(passed) > MOST_HOPS:
                return Resolved(None, tuple(passed))
            waiting += said.split("/")[::-1]
        return Resolved("/".join(done), tuple(passed))


@lru_cache(maxsize=4)
def tree_of(repository: Repository, commit: str) -> Tree:
    """Tree of a commit, listed once."""
    return Tree.of(repository, commit)


class Resolved(NamedTuple):
    """Target of a path."""

    path: str | None  # None: out of the repository, or round in a circle
    passed: tuple[str, ...]  # links on the way


def path_inside(path: str | Path, root: Path) -> str | None:
    """A path from a folder on, with forward slashes; None when it is not below it.

    Links are followed only above the folder: what lies in it is another commit's, perhaps.
    """
    whole = Path(os.path.normpath(Path.cwd() / path))
    real = os.path.realpath(root)
    for above in chain(reversed(whole.parents), [whole]):
        if not os.path.lexists(above):
            return None
        if os.path.realpath(above) == real:
            plain = whole.relative_to(above).as_posix()
            return "" if plain == "." else plain
    return None
