"""Files that a table names and that are not where it says: which rule would find them."""

from __future__ import annotations

import os
import posixpath
import shlex
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.data.readers.files import path_text
from deri_gate.data.signatures import stem_of
from deri_gate.runtime.folders import walked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

_MOST_FILES = 100_000  # looked at below the root
_MOST_SECONDS = 5.0
_UP = 3  # folders above the root
_TRIED = 20  # paths from which rules are made
_COUNTED = 20_000  # paths by which they are compared
_SHOWN = 5  # names that lie beside


@dataclass(frozen=True, kw_only=True)
class _Rule:
    """Options by which paths would be found."""

    root: str = ""  # relative to the root, "" for itself
    strip: str = ""
    suffix: str = ""

    def of(self, path: str) -> str | None:
        """Path that the rule tries; None where it does not apply."""
        if not path.startswith(self.strip):
            return None
        rest = path[len(self.strip) :].lstrip("/")
        name = rest if rest.lower().endswith(self.suffix.lower()) else rest + self.suffix
        return posixpath.normpath(posixpath.join(self.root, name))

    def options(self, root: Path) -> str:
        """The options as they are written on the command line."""
        place = os.path.normpath(root / self.root)
        folder = min(os.path.relpath(place), place, key=len)
        said = {"--root": self.root and folder, "--strip": self.strip, "--suffix": self.suffix}
        return " ".join(f"{name} {shlex.quote(value)}" for name, value in said.items() if value)


def rule_for(paths: Sequence[str], root: Path, listed: Collection[str] | None = None) -> str:
    """A sentence on the options that would find most of these paths; "" where none does.

    Args:
        paths: Paths as the table has them.
        root: Where they were looked for.
        listed: All files below the root where they are another revision's; None on disk.
    """
    paths = [path.replace("\\", "/") for path in paths[:_COUNTED]]
    files = set(_files(root) if listed is None else listed)
    rules = dict.fromkeys([*_upward(paths, root, listed), *_below(paths[:_TRIED], files)])
    counts = Counter({rule: _finds(rule, paths, root, files) for rule in rules})
    best, count = max(
        counts.items(),
        key=lambda one: (one[1], not one[0].strip, -len(one[0].options(root))),
        default=(None, 0),
    )
    if best is None or not count:
        return ""
    return f"`{path_text(best.options(root))}` finds {count:,} of {len(paths):,}."


def what_lies_beside(path: str, root: Path) -> str:
    """A clause on what lies where a file was looked for."""
    folder = root / posixpath.dirname(path)
    while not folder.is_dir() and folder != root:
        folder = folder.parent
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry, _ in zip(entries, range(1000), strict=False))
    except OSError:
        return f"there is no folder {path_text(str(root))}"
    shown = ", ".join(repr(path_text(name)) for name in names[:_SHOWN])
    more = ", ..." if len(names) > _SHOWN else ""
    where = path_text(min(os.path.relpath(folder), str(folder), key=len))
    return f"in {where} lie {shown}{more}" if names else f"{where} is empty"


def _files(root: Path) -> Iterator[str]:
    """Files below a folder, as many as can be listed in seconds; no link is followed."""
    start, count = time.monotonic(), 0
    for folder, folders, names in walked(root):
        folders.sort()
        inside = os.path.relpath(folder, root).replace(os.sep, "/")
        for name in sorted(names):
            yield name if inside == "." else f"{inside}/{name}"
        count += len(names)
        if count > _MOST_FILES or time.monotonic() - start > _MOST_SECONDS:
            return


def _upward(paths: Sequence[str], root: Path, listed: Collection[str] | None) -> Iterator[_Rule]:
    """Rules with a root above, as for paths that start at the repository."""
    if listed is None:
        for level in range(1, _UP + 1):
            up = "/".join([".."] * level)
            if any(os.path.lexists(root / up / path) for path in paths[:_TRIED]):
                yield _Rule(root=up)


def _below(paths: Sequence[str], files: Collection[str]) -> Iterator[_Rule]:
    """Rules by which one of the files has the name of one of the paths."""
    names: dict[str, list[str]] = {}
    for file in sorted(files):
        name = posixpath.basename(file)
        for key in {name, stem_of(name)}:
            names.setdefault(key, []).append(file)
    for path in paths:
        for file in names.get(posixpath.basename(path), [])[:_TRIED]:
            name = posixpath.basename(path)
            yield _rule(path, file, suffix=posixpath.basename(file)[len(name) :])


def _rule(path: str, file: str, *, suffix: str) -> _Rule:
    """Advice for finding a file by a path that ends as it does."""
    theirs, ours = file.split("/")[:-1], path.split("/")[:-1]
    while theirs and ours and theirs[-1] == ours[-1]:
        theirs.pop()
        ours.pop()
    strip = "/".join(ours)
    return _Rule(root="/".join(theirs), strip=strip and f"{strip}/", suffix=suffix)


def _finds(rule: _Rule, paths: Sequence[str], root: Path, files: Collection[str]) -> int:
    places = [rule.of(path) for path in paths]
    if rule.root.startswith(".."):
        return sum(place is not None and os.path.lexists(root / place) for place in places)
    return sum(place in files for place in places)
