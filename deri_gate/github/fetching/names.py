"""Names of files that DVC's list of a folder may hold, so that every system can lay them out."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_FILES = 2_000_000
LONGEST_PATH, LONGEST_NAME = 1000, 255  # bytes
DEEPEST = 64
OWN = {".git", ".dvc", "git~1", "dvc~1"}  # folders of git and DVC, and their short names
DEVICE = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])"
    r"\s*(?:[.:].*)?"
)
DRIVE = re.compile(r"[A-Za-z]:")


def check_names(paths: Iterable[str], where: str) -> None:
    """Make sure that these files can lie side by side in a folder, and nowhere else.

    Args:
        paths: Relative to the folder, with forward slashes.
        where: Which list names them, for the error.

    Raises:
        DatasetError: If a path leads out of the folder or into one of git's or DVC's, if a
            system would take it for another, or if two of them collide.
    """
    spelt: dict[str, str] = {}  # how each file and folder is written, by its name folded
    files: set[str] = set()
    for count, path in enumerate(paths, start=1):
        if count > MOST_FILES:
            raise _refused(where, f"it lists more than {MOST_FILES:,} files")
        if why := name_fault(path):
            raise _refused(where, f"{path[:80]!r} {why}")
        parts, place = path.split("/"), ""
        for part in parts:
            place = f"{place}/{part}" if place else part
            if spelt.setdefault(_folded(place), place) != place:
                other = spelt[_folded(place)]
                raise _refused(where, f"{place[:80]!r} and {other[:80]!r} differ in case alone")
        files.add(path)
    folders = {path[: slash.start()] for path in files for slash in re.finditer("/", path)}
    for place in sorted(folders & files):
        raise _refused(where, f"{place[:80]!r} is a file and a folder")


def name_fault(path: str) -> str:
    """Reason that a path is unsafe below its folder, on any system; "" when it is safe."""
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        return "is no text"
    if not path or path.startswith("/") or "\\" in path or DRIVE.match(path):
        return "is no relative path with forward slashes"
    if any(unicodedata.category(c) == "Cc" for c in path):
        return "holds a control character"
    parts = path.split("/")
    if size > LONGEST_PATH or len(parts) > DEEPEST:
        return "is too long or too deep"
    return next((why for part in parts if (why := _fault_of_part(part))), "")


def _fault_of_part(part: str) -> str:
    if part in {"", ".", ".."}:
        return "leads out of its folder"
    if len(part.encode()) > LONGEST_NAME:
        return "has a name that is too long"
    plain = _folded("".join(c for c in part if unicodedata.category(c) != "Cf"))
    if plain.rstrip(" .") in OWN or plain.partition(":")[0].rstrip(" .") in OWN:
        return "leads into a folder of git's or DVC's"
    if part[-1] in " ." or DEVICE.fullmatch(plain):
        return "is no name of a file on every system"
    return ""


def _folded(text: str) -> str:
    """A name as a system sees it that tells neither case nor Unicode form."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", text).casefold())


def _refused(where: str, why: str) -> DatasetError:
    fix = "Nothing was checked out. Look where the list comes from; `dvc add` writes a new one."
    return DatasetError(f"DVC's list of a folder is refused: {why}", where, fix)
