"""All files of one commit, with links followed inside the commit itself.

Never the working tree's links: a pull request may have put a link where the base has a folder.
"""

from __future__ import annotations

import os
import posixpath
from bisect import bisect_left
from dataclasses import InitVar, dataclass, field
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
        for below_path in self.paths[start:]:
            if not below_path.startswith(f"{path}/"):
                return
            yield below_path

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
        return _Walk(self, path).to_the_end()


@lru_cache(maxsize=4)
def tree_of(repository: Repository, commit: str) -> Tree:
    """Tree of a commit, listed once."""
    return Tree.of(repository, commit)


class Resolved(NamedTuple):
    """Target of a path."""

    path: str | None  # None: out of the repository, or round in a circle
    passed: tuple[str, ...]  # links on the way


@dataclass
class _Walk:
    """A walk from the root of a commit along a path.

    Attributes:
        tree: The commit.
        path: Its parts are taken one after the other; a link puts its target's before the rest.
    """

    tree: Tree
    path: InitVar[str]
    ahead: list[str] = field(init=False)  # parts still to take, the next one last
    reached: list[str] = field(init=False, default_factory=list)  # parts taken; none is a link
    passed: list[str] = field(init=False, default_factory=list)  # links followed

    def __post_init__(self, path: str) -> None:
        self.ahead = path.split("/")[::-1]

    def to_the_end(self) -> Resolved:
        """Take every part; there is no target if one cannot be taken."""
        while self.ahead:
            if not self._take(self.ahead.pop()):
                return Resolved(None, tuple(self.passed))
        return Resolved("/".join(self.reached), tuple(self.passed))

    def _take(self, part: str) -> bool:
        if part in {"", "."}:
            return True
        if part == "..":
            return self._go_up()
        # Nothing lies deeper than the deepest file, so no longer path is put together.
        inside = len(self.reached) < self.tree.depth
        place = "/".join([*self.reached, part]) if inside else ""
        file = self.tree.files.get(place)
        if file is not None and file.is_link:
            self.passed.append(place)
            return self._follow(os.fsdecode(self.tree.objects.read(file.name)))
        self.reached.append(part)
        return True

    def _go_up(self) -> bool:
        if not self.reached:
            return False  # above the root
        self.reached.pop()
        return True

    def _follow(self, target: str) -> bool:
        if len(self.passed) > MOST_HOPS:
            return False
        if posixpath.isabs(target):
            inside = path_inside(target, self.tree.repository.root)
            if inside is None:
                return False
            target, self.reached = inside, []
        self.ahead += target.split("/")[::-1]
        return True


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
            # Since Python 3.12, relative_to takes the square of the number of parts.
            return "/".join(whole.parts[len(above.parts) :])
    return None
