"""Names of remote objects that can be those of files below one folder."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from deri_gate.errors import DatasetError
from deri_gate.runtime.system import on_windows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deri_gate.runtime.remote.records import RemoteFile

_LONGEST = 255  # bytes of a name in most file systems
_FIX = "Rename it there, or name a folder without it."


def refuse_names(files: Iterable[RemoteFile], where: str, *, folds_case: bool = False) -> None:
    """Refuse files that cannot lie below one folder: none is left out without a word.

    Args:
        files: The files.
        where: Their address.
        folds_case: Whether names that differ by case or Unicode form alone are one file's here.

    Raises:
        DatasetError: For the first of them.
    """
    files = [*files]
    paths = Counter(file.path for file in files if not (file.path.endswith("/") and file.size <= 0))
    folders = {file.path.rstrip("/") for file in files if file.path not in paths}
    for path, count in [*paths.items(), *((folder, 1) for folder in folders)]:
        if fault := _fault(path) or (count > 1 and "is there twice"):
            raise DatasetError(f"an object's name {fault}: {path!a}", where, _FIX)
    if folds_case:
        _refuse_alike(paths, where)
    for path in (*paths, *(f"{folder}/." for folder in folders)):
        above = os.path.dirname(path)  # noqa: PTH120  # once an image
        while above:
            if above in paths:
                what = f"an object has the name of a folder of others: {above!a}"
                raise DatasetError(what, where, _FIX)
            above = os.path.dirname(above)  # noqa: PTH120  # as above


def _refuse_alike(paths: Iterable[str], where: str) -> None:
    """Raise for two names of files or folders that would be one: of two classes, or two images."""
    known: dict[str, str] = {}
    parts = (path.split("/") for path in paths)
    for path in ("/".join(own[:n]) for own in parts for n in range(1, len(own) + 1)):
        other = known.setdefault(unicodedata.normalize("NFD", path.casefold()), path)
        if other != path:
            what = f"two objects would lie at one place on this disk: {other!a} and {path!a}"
            raise DatasetError(what, where, _FIX)


def _fault(path: str) -> str:
    """Reason that a path cannot be one below a folder; "" for none."""
    parts = path.split("/")
    if not all(parts) or {".", ".."} & {*parts}:
        return "is no path"
    if "\0" in path or (on_windows() and any(sign in path for sign in '\\:*?"<>|')):
        return "has a character that no file's may have"
    try:
        longest = max(len(os.fsencode(part)) for part in parts)
    except UnicodeEncodeError:
        return "is no text"
    return f"has more than {_LONGEST} bytes between two slashes" if longest > _LONGEST else ""
