"""Every file below a folder, under what it is: image, another file, hidden, left behind."""

from __future__ import annotations

import fnmatch
import os
import stat
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from deri_gate.data.dataset import Finding
from deri_gate.data.readers.files import is_inside, path_text
from deri_gate.data.readers.rubbish import rubbish
from deri_gate.data.signatures import (
    HEAD,
    IMAGE_ENDINGS,
    OTHER_ENDINGS,
    claims_image,
    ending_of,
    holds_images,
    is_image,
)
from deri_gate.errors import DatasetError
from deri_gate.runtime.remote.stand_ins import is_stand_in
from deri_gate.runtime.system import READ_FLAGS
from deri_gate.runtime.tracking.kept import MOST_LINKS
from deri_gate.runtime.tracking.lfs import is_pointer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from deri_gate.data.readers.rubbish import Kind

HIDDEN = "a hidden file, though it is an image"
AN_IMAGE = b"\x89PNG"  # stands for bytes that are not here; reading says why
MOST_COUNTED = 10_000  # files counted below a link that is not followed


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
    folders: list[str] = field(default_factory=list)
    unfollowed: list[Unfollowed] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def ignore(self, path: str, why: str, kind: str = "ignored") -> None:
        """Note a file that is left out, and why."""
        self.findings.append(Finding(kind=kind, path=path_text(path), detail=why))

    def take(self, path: str, head: Callable[[], bytes], kind: Kind = "") -> None:
        """File one path under what it is.

        Args:
            path: Where it lies.
            head: Gives its first bytes, if they must be looked at.
            kind: The kind of rubbish that it or a folder above it is, "" for none.
        """
        name = _name(path)
        if self.excludes(path):
            self.skipped["excluded"] += 1
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
        self.skipped["hidden" if kind == "hidden" else "left by a system"] += 1
        self.others.append(path)
        if kind == "hidden" and is_image("", head):
            self.ignore(path, HIDDEN)

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


def _name(path: str) -> str:
    return path.rpartition("/")[2]


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
        kinds = [*(rubbish(part, folder=True) for part in above), rubbish(name, folder=False)]
        if "tool" in kinds:
            continue
        kind: Kind = next((one for one in kinds if one), "")
        if not kind and not listing.excludes(path):
            folders.update("/".join(above[: end + 1]) for end in range(len(above)))
        listing.take(path, partial(head, path), kind)
    listing.folders.extend(sorted(folders))
    return listing.settle()


def list_folder(root: Path, exclude: Sequence[str] = ()) -> Listing:
    """Walk a folder; only links that stay inside are followed, each at most once on a way.

    Args:
        root: The folder.
        exclude: Patterns of what the user leaves out.

    Raises:
        DatasetError: If the folder itself cannot be listed.
    """
    walk = _Walk(root=root, listing=Listing(exclude=exclude))
    waiting = [_Place(path="", kind="", trail=frozenset())]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(root / here.path) as entries:
                waiting += [place for entry in entries if (place := walk.take(entry, here))]
        except OSError as error:
            reason = f"the folder cannot be listed: {error.strerror}"
            if not here.path:
                raise DatasetError(reason, root) from error
            walk.listing.ignore(here.path, reason, kind="unreadable")
            walk.listing.unfollowed.append(Unfollowed(path=here.path, count=0))
    return walk.listing.settle()


@dataclass(frozen=True, kw_only=True)
class _Place:
    """A folder on the way."""

    path: str
    kind: Kind  # of rubbish that lies here
    trail: frozenset[str]  # real places of the links that led here


@dataclass(frozen=True, kw_only=True)
class _Walk:
    root: Path
    listing: Listing
    followed: list[str] = field(default_factory=list)  # links to folders

    def take(self, entry: os.DirEntry[str], here: _Place) -> _Place | None:
        """File one entry under what it is; a folder is returned, to be walked too."""
        path = f"{here.path}/{entry.name}" if here.path else entry.name
        folder = entry.is_dir(follow_symlinks=False)
        kind = here.kind or rubbish(entry.name, folder=folder)
        if kind == "tool":
            return None
        if folder:
            if not kind and not self.listing.excludes(path):
                self.listing.folders.append(path)
            return _Place(path=path, kind=kind, trail=here.trail)
        linked = entry.is_symlink()
        if linked and _may_be_folder(entry):
            return self._linked(path, here, kind)
        if not linked and not entry.is_file(follow_symlinks=False):
            self.listing.others.append(path)
            self.listing.ignore(path, "not a file")
            return None
        self.listing.take(path, partial(self._head, path, linked=linked), kind)
        return None

    def _linked(self, path: str, here: _Place, kind: Kind) -> _Place | None:
        """A link to a folder, or to nothing."""
        if kind or self.listing.excludes(path):
            self.listing.take(path, bytes, kind)
            return None
        real = os.path.realpath(self.root / path)
        above = os.path.realpath(self.root / here.path)
        if os.path.isdir(real) and is_inside(real, self.root):  # noqa: PTH112  # text here
            if real in here.trail or os.path.commonpath([real, above]) == real:
                self.listing.ignore(path, "a symbolic link that goes round in a circle")
                return None
            self.listing.folders.append(path)
            self.followed.append(path)
            if len(self.followed) > MOST_LINKS:
                fix = "Put the folders themselves there."
                raise DatasetError(f"more than {MOST_LINKS} links to folders", self.root, fix)
            return _Place(path=path, kind=kind, trail=here.trail | {real})
        self.listing.folders.append(path)
        self.listing.unfollowed.append(Unfollowed(path=path, count=_count_below(real)))
        return None

    def _head(self, path: str, *, linked: bool) -> bytes:
        """First bytes of a regular file; nothing of what leads out, or cannot be opened."""
        if linked and not is_inside(self.root / path, self.root):
            outside = ending_of(path) not in OTHER_ENDINGS
            return AN_IMAGE if outside else b""  # reading it says why it is not read
        try:
            file = os.open(self.root / path, READ_FLAGS)
        except OSError:
            return b""
        with os.fdopen(file, "rb") as opened:
            head = opened.read(HEAD) if stat.S_ISREG(os.fstat(file).st_mode) else b""
        return AN_IMAGE if is_pointer(head) or is_stand_in(head) else head


def _may_be_folder(link: os.DirEntry[str]) -> bool:
    """True if a link leads to a folder, or to nothing under a name that no file has."""
    try:
        if link.is_dir():
            return True
        return not link.is_file() and ending_of(link.name) not in IMAGE_ENDINGS | OTHER_ENDINGS
    except OSError:  # it goes round in a circle, or through a folder that is closed to us
        return False


def _count_below(folder: str) -> int:
    """Number of files below a folder, up to a limit; their names are nobody's business."""
    count, waiting = 0, [folder]
    while waiting and count < MOST_COUNTED:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        count += 1
        except OSError:
            continue
    return min(count, MOST_COUNTED)
