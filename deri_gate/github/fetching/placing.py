"""Files laid out in a working tree, and written through no link in it."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.errors import DatasetError
from deri_gate.github.fetching.contents import is_held, is_sound
from deri_gate.runtime.folders import LINK, folder_for, walked

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from deri_gate.github.fetching.contents import Cache, Content


def lay_out(
    files: Mapping[str, Content], *, root: Path, cache: Cache, in_git: Collection[str]
) -> None:
    """Copy contents of the cache to their paths in the working tree.

    What is there already is replaced where the cache holds it, so that nothing is lost.

    Args:
        files: Contents by path from the repository's root.
        root: The repository's folder.
        cache: Holds all of them.
        in_git: Paths that git tracks.

    Raises:
        DatasetError: If a link is in the way, git tracks a path too, or a file of the user's
            would be lost.
    """
    for path in files:
        if path in in_git:
            fix = "Take it out of one of them, for instance with `git rm --cached`."
            raise DatasetError("is tracked by both git and DVC", path, fix)
    for path, content in files.items():
        place = root / path
        folder_for(place.parent, root)
        if not _is_there(place, path, content, cache):
            _copy(cache.file(content), place)


def _is_there(place: Path, path: str, content: Content, cache: Cache) -> bool:
    try:
        kind = place.lstat().st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISLNK(kind):  # as DVC makes them where the cache is of the type symlink
        if os.path.realpath(place) == os.path.realpath(cache.file(content)):
            return True
        raise DatasetError("is a link", path, LINK)
    if not stat.S_ISREG(kind):
        raise DatasetError("is no file", path, "Move it away.")
    if is_sound(place, content):
        return True
    if not is_held(place, cache):
        fix = "Move it away, or run `dvc add` and commit."
        raise DatasetError("differs from what DVC recorded, and would be lost", path, fix)
    return False


def _copy(source: Path, place: Path) -> None:
    """Write a new file and give it the name; a name never is a half-written file."""
    handle, beside = tempfile.mkstemp(prefix=".deri-gate-", dir=place.parent)
    try:
        with os.fdopen(handle, "wb") as into, source.open("rb") as out:
            shutil.copyfileobj(out, into, 2**20)
        Path(beside).chmod(0o644)
        Path(beside).replace(place)
    finally:
        Path(beside).unlink(missing_ok=True)


def clear_stale(
    folder: str, keep: Collection[str], *, root: Path, cache: Cache, in_git: Collection[str]
) -> int:
    """Remove files of another version of a folder, where the cache holds their contents.

    Args:
        folder: Path from the repository's root; no link leads to it.
        keep: Paths that belong there.
        root: The repository's folder.
        cache: Holds what may go.
        in_git: Paths that git tracks; they stay.

    Returns:
        Number of files that are neither git's nor DVC's, and stay.
    """
    left = 0
    for above, _, names in walked(root / folder):
        for name in names:
            place = Path(above) / name
            path = place.relative_to(root).as_posix()
            if path in keep or path in in_git:
                continue
            if is_held(place, cache):
                place.unlink()
            else:
                left += 1
    return left


def check_new(path: str, root: Path, cache: Cache, in_git: Collection[str]) -> None:
    """Make sure that an output which the base does not have goes to a place of its own.

    A branch may call any folder a dataset: also one in which a step before has put programs.

    Args:
        path: The output's, from the repository's root.
        root: The repository's folder.
        cache: Cache of the output; its content is trusted.
        in_git: Paths that git tracks.

    Raises:
        DatasetError: If files that neither git nor DVC knows lie there or in a folder above.
    """
    above = [
        parent for parent in (root / path).parents if parent != root and root in parent.parents
    ]
    entries = [child for place in above if place.is_dir() for child in place.iterdir()]
    if (root / path).is_dir():
        entries += [
            Path(folder) / name for folder, _, names in walked(root / path) for name in names
        ]
    for entry in sorted(entries):
        known = entry.relative_to(root).as_posix() in in_git
        if not known and not stat.S_ISDIR(entry.lstat().st_mode) and not is_held(entry, cache):
            fix = f"Nothing was checked out. {entry.name!r} is neither git's nor DVC's: move it."
            raise DatasetError("is new, and goes where files of this machine lie", path, fix)
