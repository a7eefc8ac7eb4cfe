"""The files of a commit, from git's own trees: each is checked against its name.

`git ls-tree` that is killed, or that prints half and ends as if all were well, would leave files
out; a tree whose hash is its name cannot.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from deri_gate.runtime.tracking.objects import Objects

FOLDER, LINK, SUBMODULE = "040000", "120000", "160000"
MOST_FILES = 20_000_000  # of a commit; trees that hold one tree many times multiply without end
_USUAL = {b"100644": "100644", b"100755": "100755", b"40000": FOLDER, b"120000": LINK}
_OCTAL = re.compile(rb"[0-7]{1,7}")
DEEPEST = 2048  # folders, as git's own core.maxTreeDepth


class TreeFile(NamedTuple):
    """One entry of a tree: a file, a link or a submodule."""

    mode: str
    name: str  # full object name

    @property
    def is_link(self) -> bool:
        """True if it is a symbolic link."""
        return self.mode == LINK

    @property
    def is_submodule(self) -> bool:
        """True if it is another repository's commit."""
        return self.mode == SUBMODULE


def files_of(commit: str, objects: Objects) -> dict[str, TreeFile]:
    """Files, links and submodules of a commit by path, in the order of their paths.

    Args:
        commit: Its full name.
        objects: Reader of its repository's contents.

    Raises:
        DatasetError: If git does not give all of it, or it is no tree that can be checked out.
    """
    said = objects.read(commit, "commit").partition(b"\n")[0].decode("ascii", "replace")
    files: dict[str, TreeFile] = {}
    waiting = [("", 0, said.removeprefix("tree "))]
    while waiting:
        folder, depth, name = waiting.pop()
        if depth > DEEPEST or len(files) > MOST_FILES:
            raise _odd(commit, "holds more files or folders than can be looked through")
        for own, entry in _entries(objects.read(name, "tree"), folder, len(name) // 2).items():
            if entry.mode == FOLDER:
                waiting.append((f"{folder}{own}/", depth + 1, entry.name))
            else:
                files[folder + own] = entry
    return dict(sorted(files.items()))


def _entries(content: bytes, folder: str, width: int) -> dict[str, TreeFile]:
    """Entries of one tree by their names.

    Raises:
        DatasetError: If it holds a name that no folder can.
    """
    entries: dict[str, TreeFile] = {}
    at = 0
    while at < len(content):
        space = content.find(b" ", at)
        end = content.find(b"\0", space)
        name_in_folder = os.fsdecode(content[space + 1 : end])
        if (
            name_in_folder in {"", ".", ".."}
            or "/" in name_in_folder
            or name_in_folder in entries
            or not at < space < end
        ):
            raise _odd(
                folder or "/", f"holds an entry named {name_in_folder[:80]!r}, or names it twice"
            )
        mode = content[at:space]
        at = end + 1 + width
        entries[name_in_folder] = TreeFile(_mode(mode), content[end + 1 : at].hex())
    return entries


def _mode(said: bytes) -> str:
    """Git's reading of a mode: old trees hold others, such as 100664."""
    if said in _USUAL:
        return _USUAL[said]
    mode = int(said, 8) if _OCTAL.fullmatch(said) else 0
    kind = mode & 0o170000
    if kind == 0o100000:  # noqa: PLR2004  # an ordinary file
        return "100755" if mode & 0o100 else "100644"
    return {0o040000: FOLDER, 0o120000: LINK}.get(kind, SUBMODULE)


def _odd(where: str, what: str) -> DatasetError:
    return DatasetError(what, where, "Look at it with `git fsck`, and commit it anew.")
