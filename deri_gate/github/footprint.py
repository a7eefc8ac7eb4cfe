"""The paths on which a dataset depends at one commit, links followed and tables looked into."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from deri_gate.data.readers.endings import MANIFESTS, TEXT_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from deri_gate.runtime.tracking.tree import Tree

BESIDE = (".txt", ".csv")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
# A table may hold an image's name without its ending; not that of a file which is plainly none.
_NO_IMAGE = frozenset(
    {".py", ".pyi", ".ipynb", ".md", ".rst", ".txt", ".yml", ".yaml", ".toml", ".cfg", ".ini",
     ".lock", ".json", ".sh", ".html", ".css", ".js", ".dvc", ".gitignore", ".gitattributes",
     ".bib", ".tex", ".editorconfig", "makefile", "dockerfile", "license", "codeowners"}
)  # fmt: skip


def is_manifest(path: str, root: Path) -> bool:
    """True for a dataset that is a table, whose images lie beside it."""
    return path.lower().endswith(MANIFESTS) and not (root / path).is_dir()


def folded(path: str) -> str:
    """A path as file systems compare it that know no case: `Data/É` and `data/é` are one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """Paths of a commit on which a dataset depends.

    Attributes:
        regions: Files and folders, folded; all that lies below a folder counts.
        names: Text of a table whose images may lie anywhere in the repository, folded; None
            where there is no such table.
        unknown: Why it cannot be told; "" where it can.
    """

    regions: frozenset[str]
    names: str | None = field(default=None, repr=False)
    unknown: str = ""

    @cached_property
    def _above(self) -> frozenset[str]:
        """All folders in which a region lies."""
        return frozenset(one for region in self.regions for one in _chain(region))

    def holds(self, path: str) -> bool:
        """True if a file that differs may be one of the dataset's, or stands in its way."""
        plain = folded(path)
        if self._related(plain):
            return True
        return self.names is not None and self._names(posixpath.basename(plain))

    def meets(self, path: str) -> bool:
        """True if a file or folder that DVC keeps may hold some of the dataset."""
        return self.names is not None or self._related(folded(path))

    def _related(self, plain: str) -> bool:
        """True if a path is at, below or above a region."""
        return not plain or plain in self._above or not self.regions.isdisjoint(_chain(plain))

    def _names(self, name: str) -> bool:
        stem, ending = posixpath.splitext(name)
        whole = ending in _NO_IMAGE or name in _NO_IMAGE
        return not self.names or (name if whole else stem) in self.names


def footprint_of(tree: Tree, path: str, image_root: str = "") -> Footprint:
    """The paths on which a dataset depends at a commit.

    Args:
        tree: The commit.
        path: The dataset's: a folder, a table, an npz file.
        image_root: Folder that the paths in a table start from, as the settings name it; the
            table's own when "".
    """
    resolved = tree.resolve(path)
    regions = {path, *resolved.passed}
    if resolved.path is None:
        return Footprint(regions=_closed(regions, tree), unknown=f"{path} leads out of it")
    regions.add(resolved.path)
    if not _is_table(tree, resolved.path):
        return Footprint(regions=_closed(regions, tree))
    homes = _beside(path, resolved.path)
    regions |= {  # lists of splits and of patients, which a preset reads beside its table
        file
        for file in tree.files
        if file.lower().endswith(BESIDE) and posixpath.dirname(file) in homes
    }
    homes = _named(image_root) or homes
    named = "" in homes
    regions |= homes - {""}
    if named:  # links anywhere may stand for images
        regions |= {target for link in tree.links if (target := tree.resolve(link).path)}
    names = _text(tree, resolved.path) if named else None
    return Footprint(regions=_closed(regions, tree), names=names)


def homes_of(tree: Tree, path: str, image_root: str = "") -> frozenset[str]:
    """Files and folders that hold a dataset: itself, or a table and the folder of its images.

    Args:
        tree: The commit.
        path: The dataset's: a folder, a table, an npz file.
        image_root: Folder that the paths in a table start from; the table's own when "".
    """
    place = tree.resolve(path).path
    if place is None or not _is_table(tree, place):
        return frozenset({path})
    return frozenset({path, *(_named(image_root) or _beside(path, place))})


def _is_table(tree: Tree, place: str) -> bool:
    """True for the name of a table that is no folder."""
    is_folder = place not in tree.files and next(tree.below(place), None) is not None
    return not is_folder and place.lower().endswith(MANIFESTS)


def _beside(path: str, place: str) -> set[str]:
    """Folders in which a table lies, by its name and where links lead; "" for the root."""
    return {posixpath.dirname(place), posixpath.dirname(path)}


def _named(image_root: str) -> set[str]:
    """The folder that the settings name; empty where they name none."""
    return {"" if image_root == "." else image_root} if image_root else set()


def _text(tree: Tree, path: str) -> str:
    """All names in a table, folded; "" where they cannot be read, so that any may be there."""
    content = tree.read(path)
    if content is None or not path.lower().endswith(TEXT_TABLES):
        return ""
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = content.decode("utf-16" if wide else "utf-8-sig", errors="replace")
    if "\ufffd" in text or "\0" in text:
        return ""
    text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text).replace('""', '"')
    plain = text.encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace")
    return folded(plain)


def _chain(path: str) -> list[str]:
    """A path and all folders in which it lies, the root excepted."""
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]


def _closed(regions: Iterable[str], tree: Tree) -> frozenset[str]:
    """The regions, where links in them lead, and the links on the way, which count as files."""
    seen_files, ways = set[str](), set[str]()
    waiting = list(regions)
    while waiting:
        region = waiting.pop()
        if region in seen_files:
            continue
        seen_files.add(region)
        start, end = (bisect_left(tree.links, f"{region}{mark}") for mark in ("/", "0"))
        for link in tree.links[start:end]:  # "0" comes next after "/"
            resolved = tree.resolve(link)
            ways.update(resolved.passed)
            waiting += [resolved.path] if resolved.path else []
    return frozenset(folded(file) for file in seen_files | ways if file)
