"""Paths of a table's images: inside the root, with their ending, in the folder they lie in."""

from __future__ import annotations

import fnmatch
import functools
import os
import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from deri_gate.data.readers.files import is_inside, path_text
from deri_gate.data.readers.seeking import rule_for
from deri_gate.runtime.system import on_windows
from deri_gate.runtime.tracking.links import bounds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deri_gate.data.readers.tables import Table

_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:[/\\]")
_UPWARD = re.compile(r"(^|[/\\])\.\.([/\\]|$)")
_COLON = ":"
_NULL = re.compile("\0")
_ESCAPES: tuple[tuple[Callable[[str], object], str], ...] = (
    (_ABSOLUTE.match, "an absolute path"),
    (_UPWARD.search, "a path with '..'"),
    (_NULL.search, "a path with a null character"),
    (lambda path: on_windows() and _COLON in path, "a path with a drive or a stream"),
)
_INSIDE = (
    "Name files below the manifest's own folder, relative to it; or say where they lie with "
    "--root DIR, and what to leave out of each path's beginning with --strip PREFIX."
)


@dataclass(frozen=True, kw_only=True)
class Place:
    """The folder that a table's paths start from.

    Attributes:
        root: The folder.
        beside: Folder of the table itself, from which a path with '..' starts.
        chosen: Whether the user chose the root; only then may '..' be followed within it.
        listed: Paths of all files below it where it is another revision's; None on disk.
        suffixes: Endings that names may lack.
        folders: Patterns of folders below the root, in one of which each file lies.
        strip: Beginning of paths that is left out.
    """

    root: Path
    beside: Path
    chosen: bool = False
    listed: frozenset[str] | None = field(default=None, repr=False)
    suffixes: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    strip: str = ""

    def has(self, path: str) -> bool:
        """True if there is such a file, or a link of its name."""
        if self.listed is not None:
            return path in self.listed
        return os.path.lexists(os.path.join(self.root, path))  # noqa: PTH118  # once an image

    def leads_in(self, path: str) -> bool:
        """True if a path leads out of the root neither by its spelling nor by a link."""
        if any(test(path) for test, _ in _ESCAPES):
            return False
        return self.listed is not None or not self._leads_out(path)

    def plain(self, path: str) -> str:
        """The path below the root, in one spelling; unchanged where it leads out of it."""
        for start in (self.strip, self.strip.replace("\\", "/")):  # D:\Export, as it was copied
            if start and path.startswith(start):
                path = path[len(start) :].lstrip("/\\")
                break
        if path.startswith("/"):
            return self._below(Path(path)) or path
        if self.chosen and _UPWARD.search(path):
            return self._below(self.beside / path) or path
        return posixpath.normpath(path) if path and not _UPWARD.search(path) else path

    def _below(self, path: Path) -> str | None:
        """The path relative to the root by its spelling; None if it leads out."""
        inside = PurePosixPath(os.path.normpath(path))
        root = PurePosixPath(os.path.normpath(self.root))
        return str(inside.relative_to(root)) if inside.is_relative_to(root) else None

    def candidates(self, path: str) -> list[str]:
        """The paths that may be meant, in the order in which they are looked for."""
        ended = path.lower().endswith(tuple(s.lower() for s in self.suffixes))
        names = [path] if ended or not self.suffixes else [path + s for s in self.suffixes]
        return [f"{folder}/{name}" if folder else name for folder in self._homes for name in names]

    @functools.cached_property
    def _leads_out(self) -> Callable[[str], bool]:
        return _leads_out(self.root)

    @functools.cached_property
    def _homes(self) -> tuple[str, ...]:
        """The folders that the patterns name, and the root itself where they name none."""
        if not self.folders:
            return ("",)
        if self.listed is not None:
            there = {str(p) for path in self.listed for p in PurePosixPath(path).parents}
        else:
            there = {"."} | {
                one.relative_to(self.root).as_posix()
                for pattern in self.folders
                if pattern != "."
                for one in self.root.glob(pattern)
                if one.is_dir() and is_inside(one, self.root)
            }
        homes = [path for f in self.folders for path in sorted(there) if _matches(path, f)]
        return tuple("" if one == "." else one for one in dict.fromkeys(homes)) or ("",)


def _matches(folder: str, pattern: str) -> bool:
    """True if a folder's path fits a pattern, name by name."""
    names, patterns = folder.split("/"), pattern.split("/")
    return len(names) == len(patterns) and all(map(fnmatch.fnmatchcase, names, patterns))


def resolved(table: Table, written: Sequence[str], place: Place, name: str) -> list[str]:
    """Paths below the root; empty cells stay empty.

    Args:
        table: Where they are written, for errors.
        written: The cells.
        place: The root, and the rules.
        name: The column's name, for errors.

    Raises:
        DatasetError: If one leads out of the root, or lies in two of the folders.
    """
    paths = [place.plain(path) for path in written]
    for test, what in _ESCAPES:
        _refuse(table, paths, test, f"has {what} in the column {name!r}", place)
    if place.suffixes or place.folders:
        paths = [path and _found(table, row, path, place) for row, path in enumerate(paths)]
    if place.listed is None:
        what = f"has a path that leaves the folder by a symbolic link in the column {name!r}"
        _refuse(table, paths, _leads_out(place.root), what, place)
    return paths


def _found(table: Table, row: int, path: str, place: Place) -> str:
    candidates = place.candidates(path)
    if len(candidates) == 1:
        return candidates[0]
    there = [candidate for candidate in candidates if place.has(candidate)]
    homes = {posixpath.dirname(one) for one in there}
    if len(homes) > 1:
        what = f"names {path_text(path)!r}, which lies in {' and in '.join(sorted(homes))}"
        table.refuse([row], what, "Name the folder in the column of the path.")
    return there[0] if there else candidates[0]


def slashed(written: Sequence[str], place: Place) -> list[str] | None:
    """The paths with forward slashes where they were written on Windows; None where not.

    A backslash may be part of a name on other systems: then the file is there under it.
    """
    if not any("\\" in path for path in written):
        return None
    if any("\\" in path and place.has(path) for path in written):
        return None
    return [path.replace("\\", "/") for path in written]


def _refuse(
    table: Table, paths: Sequence[str], test: Callable[[str], object], what: str, place: Place
) -> None:
    """Refuse the paths that a test finds, and say which rule would take them."""
    rows = [i for i, path in enumerate(paths) if path and test(path)]
    if rows:
        hint = rule_for([paths[i] for i in rows], place.root, place.listed)
        table.refuse(rows, what, f"{_INSIDE} {hint}".rstrip())


def _leads_out(root: Path) -> Callable[[str], bool]:
    """A test of paths; each folder is followed once, and a file only if it is a link."""
    base, bounds = os.fspath(root), bounds_of(root)

    @functools.cache
    def stays(folder: str) -> bool:
        return bounds.allow(root / folder)

    def leads_out(path: str) -> bool:
        file = os.path.join(base, path)  # noqa: PTH118  # a Path would cost as much as the rest
        link_out = os.path.islink(file) and not bounds.allow(file)  # noqa: PTH114  # same
        return link_out or not stays(posixpath.dirname(path))

    return leads_out
