"""Every file below a folder, under what it is: image, another file, hidden, left behind."""

from __future__ import annotations

import fnmatch
import posixpath
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from deri_gate.data.dataset import UNJUDGED, Finding
from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.layouts import exclude_option
from deri_gate.data.readers.parquet import is_table_alone
from deri_gate.data.readers.rubbish import pattern_of, rubbish, rubbish_above
from deri_gate.data.signatures import (
    EVICTED,
    OTHER_ENDINGS,
    claims_image,
    claims_many,
    ending_of,
    holds_images,
    is_image,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from deri_gate.data.readers.rubbish import Kind

EXCLUDED = "excluded"  # what the user leaves out is counted under this
HIDDEN = "a hidden file, though it is an image"
HIDDEN_MANY = "a hidden file, though it may hold images"
LEFT = "lies where systems leave their own, though it is an image"
_RUBBISH = (HIDDEN, HIDDEN_MANY, LEFT)
AN_IMAGE = b"\x89PNG"  # stands for bytes that are not here; reading says why
_PACKED = b"PK\x03\x04"  # stands for those of an archive
_TABLE = b"a,table"  # stands for those of a table without images
_DIRECTORY = "dicomdir"  # name of the directory of an archive of DICOM


@dataclass(frozen=True, kw_only=True)
class Unfollowed:
    """A link to a folder that is not followed, and the number of files that lie there."""

    path: str
    count: int  # 0 where it cannot be known


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Files below a folder; every path is relative to it, with forward slashes.

    Attributes:
        exclude: Patterns of what the user leaves out.
        images: Files that are images by their name or their first bytes.
        others: Files that are none: tables, texts, archives, hidden files.
        holders: Those of them that may hold images: archives, arrays, films.
        hollow: Files that hold nothing, or begin with zeros, and whose name says nothing.
        nested: Files in a folder of a tool below the top, each with what gives its first bytes.
        folders: All folders.
        unfollowed: Links to folders outside.
        skipped: Number of files that are hidden, left behind by systems, or excluded.
        findings: What was noticed.
    """

    exclude: Sequence[str] = ()
    images: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    holders: list[str] = field(default_factory=list)
    hollow: list[str] = field(default_factory=list)
    nested: dict[str, Callable[[], bytes]] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    unfollowed: list[Unfollowed] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def ignore(self, path: str, why: str, kind: str = "ignored") -> None:
        """Note a file that is left out, and why."""
        self.findings.append(Finding(kind=kind, path=path_text(path), detail=why))

    def pass_over(self, path: str, why: str) -> None:
        """Note an image that nobody judges; the directory of an archive of DICOM is none."""
        directory = _name(path).lower() == _DIRECTORY
        self.ignore(path, why, "ignored" if directory else UNJUDGED)

    def forget(self, paths: Collection[str]) -> None:
        """Drop what was noticed of these files."""
        names = {path_text(path) for path in paths}
        self.findings[:] = [f for f in self.findings if f.path not in names]

    @property
    def left_out(self) -> Counter[str]:
        """Kinds of file that are left out and the number of each; hidden ones are one kind."""
        told = (
            f
            for f in self.findings
            if f.kind in {"ignored", UNJUDGED} and not f.detail.startswith(_RUBBISH)
        )
        return self.skipped + Counter(path_text(ending_of(f.path)) or "no ending" for f in told)

    def take(self, path: str, head: Callable[[], bytes], kind: Kind = "") -> None:
        """File one path under what it is.

        Args:
            path: Where it lies.
            head: Gives its first bytes, if they must be looked at.
            kind: The kind of rubbish that it or a folder above it is, "" for none.
        """
        name = _name(path)
        if self.excludes(path):
            self.skipped[EXCLUDED] += 1
        elif kind == "nested":
            self.nested[path] = head
        elif kind:
            self._skip(path, head, kind)
        elif is_image(name, head):
            self.images.append(path)
        elif holds_images(name, head()):
            self.holders.append(path)
        elif ending_of(name) in OTHER_ENDINGS or any(head()):
            self._leave(path)
        else:
            self.hollow.append(path)

    def _skip(self, path: str, head: Callable[[], bytes], kind: Kind) -> None:
        if kind == "hidden" and _is_evicted(path):
            self.images.append(path)
            return
        self.skipped["hidden" if kind == "hidden" else "left by a system"] += 1
        self.others.append(path)
        if is_image("", head):
            self._tell(path, HIDDEN if kind == "hidden" else LEFT)
        elif kind == "hidden" and holds_images(_name(path), head()):
            self._tell(path, HIDDEN_MANY)

    def _tell(self, path: str, why: str) -> None:
        """Note an image that no reader takes, and how to leave it out."""
        way = exclude_option(pattern_of(path), literal=False)
        self.ignore(path, f"{why}: {way} leaves it out", UNJUDGED)

    def _settle_nested(self) -> None:
        """Pass over tools' folders where the dataset begins, and tell of images in the others.

        Where single folders lie around the classes, the innermost is the top of the dataset. No
        program trains on a file without an ending of images, as those in a cache of DVC are.
        """
        if not self.nested:
            return
        folders = {posixpath.join("/", posixpath.dirname(path)) for path in self.images}
        innermost = posixpath.commonpath(folders or {"/"})
        if innermost in folders:  # images lie in it: a class, whatever lies around it
            innermost = posixpath.dirname(innermost)
        for path, head in self.nested.items():
            top = posixpath.join("/", rubbish_above(path)[0])
            if posixpath.commonpath([innermost, top]) == top:
                continue
            self.skipped["hidden"] += 1
            self.others.append(path)
            if claims_image(_name(path)) and is_image("", head):
                self._tell(path, HIDDEN)
        self.nested.clear()

    def leave_out(self, exclude: Sequence[str]) -> Listing:
        """Count as excluded what systems left, where a table says what is judged of the rest."""
        excludes = Listing(exclude=exclude).excludes
        for finding in [*self.findings]:
            if finding.detail.startswith(_RUBBISH) and excludes(finding.path):
                self.findings.remove(finding)
                self.skipped[
                    "left by a system" if finding.detail.startswith(LEFT) else "hidden"
                ] -= 1
                self.skipped[EXCLUDED] += 1
        return self

    def _leave(self, path: str) -> None:
        self.others.append(path)
        self.ignore(path, "not an image by its first bytes")

    def settle(self) -> Listing:
        """Judge hollow files by their neighbours, once all files are known.

        Where images have no ending, as in archives of DICOM, an empty file as deep in the folders
        is an image that was lost: reading it says why.
        """
        depths = {path.count("/") for path in self.images if not claims_image(_name(path))}
        for path in self.hollow:
            if path.count("/") in depths:
                self.images.append(path)
            else:
                self._leave(path)
        self.hollow.clear()
        self._settle_nested()
        return self

    def excludes(self, path: str) -> bool:
        """True if the user excludes a path: as a whole, or by the name of any part of it."""
        if not self.exclude:
            return False
        parts = path.split("/")
        above = ["/".join(parts[: end + 1]) for end in range(len(parts))]
        return any(
            fnmatch.fnmatchcase(one, pattern.strip("/"))
            for pattern in self.exclude
            for one in (above if "/" in pattern.strip("/") else parts)
        )


def head_of_absent(path: str) -> bytes:
    """Bytes that stand for those of a file that is not here: by its name, so that it counts."""
    if claims_many(path):
        return _PACKED
    return b"" if ending_of(path) in OTHER_ENDINGS else AN_IMAGE


def known_head(head: bytes, whole: Callable[[], Path | BinaryIO]) -> bytes:
    """First bytes of a file, or what stands for them where only all of it says what it is.

    Args:
        head: Its first bytes.
        whole: Gives the file; asked only of Parquet, which is a table or holds images.
    """
    return _TABLE if head.startswith(b"PAR1") and is_table_alone(whole()) else head


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _is_evicted(path: str) -> bool:
    """True for what iCloud leaves, under a hidden name, of an image that is elsewhere."""
    name = _name(path)
    return name.endswith(EVICTED) and claims_image(name) and not f"/{path}".count("/.") > 1


def list_paths(
    paths: Iterable[str], head: Callable[[str], bytes], exclude: Sequence[str] = ()
) -> Listing:
    """The listing of files whose paths are known, such as those of another revision.

    Args:
        paths: All files, relative, with forward slashes.
        head: Gives the first bytes of one of them.
        exclude: Patterns of what the user leaves out.
    """
    listing, folders = Listing(exclude=exclude), set[str]()
    for path in sorted(paths):
        *above, name = path.split("/")
        kinds = [rubbish(part, folder=True, top=not i) for i, part in enumerate(above)]
        kinds.append(rubbish(name, folder=False))
        if "tool" in kinds:
            continue
        kind: Kind = next((one for one in kinds if one), "")
        if not kind and not listing.excludes(path):
            folders.update("/".join(above[: end + 1]) for end in range(len(above)))
        listing.take(path, partial(head, path), kind)
    listing.folders.extend(sorted(folders))
    return listing.settle()
