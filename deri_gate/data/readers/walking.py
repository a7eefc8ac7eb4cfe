"""Walk of a folder: every file below it is listed, and no link is followed out of it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from deri_gate.data.readers.files import is_inside
from deri_gate.data.readers.listing import Listing, Unfollowed, head_of_absent, known_head
from deri_gate.data.readers.rubbish import rubbish
from deri_gate.data.signatures import HEAD, IMAGE_ENDINGS, OTHER_ENDINGS, claims_image, ending_of
from deri_gate.errors import DatasetError, words_of_error
from deri_gate.runtime.remote.stand_ins import is_stand_in
from deri_gate.runtime.system import READ_FLAGS
from deri_gate.runtime.tracking import annex, lfs
from deri_gate.runtime.tracking.kept import MOST_LINKS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deri_gate.data.readers.rubbish import Kind

MOST_COUNTED = 10_000  # files counted below a link that is not followed


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
            reason = f"the folder cannot be listed: {words_of_error(error)}"
            if not here.path:
                raise DatasetError(reason, root, "Look at its permissions.") from error
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
        kind = here.kind or rubbish(entry.name, folder=folder, top=not here.path)
        if kind == "tool":
            return None
        if folder:
            if not kind and not self.listing.excludes(path):
                self.listing.folders.append(path)
            return _Place(path=path, kind=kind, trail=here.trail)
        linked = entry.is_symlink()
        if linked and _may_be_folder(entry):
            return self._linked(path, here, kind)
        if not linked and not entry.is_file(follow_symlinks=False) and not claims_image(entry.name):
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
            return head_of_absent(path)  # reading it says why it is not read
        try:
            file = os.open(self.root / path, READ_FLAGS)
        except OSError:
            return b""
        with os.fdopen(file, "rb") as opened:
            head = opened.read(HEAD) if stat.S_ISREG(os.fstat(file).st_mode) else b""
        if lfs.is_pointer(head) or annex.points_into_annex(head) or is_stand_in(head):
            return head_of_absent(path)
        return known_head(head, lambda: self.root / path)


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
