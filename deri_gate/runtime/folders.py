"""Folders to write in: through no link of a working tree, and in no dataset."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.errors import SettingError, words_of_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LINK = "Nothing is written through a link: name another folder, or take it out of the branch."


def folder_for(folder: Path, root: Path) -> Path:
    """A folder, made if need be, that no link in the repository leads to.

    Args:
        folder: Its path; above the repository links may lead to it, as they are the machine's.
        root: The repository's folder, where there is one around.

    Raises:
        SettingError: If a part of the path in the repository, or its end, is a link or a file,
            or if it cannot be made.
    """
    whole = Path(os.path.normpath(Path.cwd() / folder))
    inner = within(whole, root)
    place = root if inner is not None else whole.parent
    try:
        place.mkdir(parents=True, exist_ok=True)
        for part in inner.parts if inner is not None else (whole.name,):
            place /= part
            if not os.path.lexists(place):
                with suppress(FileExistsError):  # another thread was faster
                    place.mkdir()
            _refuse_links(place)
    except OSError as error:
        raise SettingError(f"cannot be made ({words_of_error(error)})", folder, LINK) from error
    return place


def refuse_inside(
    place: str | Path | None, datasets: Iterable[object], option: str = "--out"
) -> None:
    """Refuse a place in a dataset, whose next look would find what is written among its images.

    Args:
        place: Folder or file to write, None for none; an address lies in no folder.
        datasets: Those in use, in any form. Forms that are no folders hold no place.
        option: Which named the place.

    Raises:
        SettingError: If it lies in a folder of images.
    """
    if place is None:
        return
    where = Path(place).resolve()
    for dataset in datasets:
        # Unlike the methods of a path, these take a name that is too long, or text that is none.
        if not isinstance(dataset, (str, os.PathLike)) or not os.path.isdir(dataset):  # noqa: PTH112
            continue
        if where.is_relative_to(Path(dataset).resolve()):
            fix = f"Choose another place with {option}."
            raise SettingError("lies in a dataset", f"{option} {place}", fix)


def is_same_file(one: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    """True for a file or folder, a link to it, and its name in other letters where a disk takes it.

    Where there is neither, they are two.
    """
    try:
        return os.path.samefile(one, other)  # noqa: PTH121  # takes texts, too
    except (OSError, ValueError):
        return False


def within(path: Path, root: Path) -> Path | None:
    """A path relative to a folder, None outside; only links above the folder are followed."""
    real = os.path.realpath(root)
    for above in (path, *path.parents):
        if os.path.realpath(above) == real and not _is_inner_link(above, real):
            return path.relative_to(above)
    return None


def _is_inner_link(place: Path, real: str) -> bool:
    """True for a link that lies in the folder and leads to it."""
    return place.is_symlink() and f"{os.path.realpath(place.parent)}/".startswith(f"{real}/")


def _refuse_links(place: Path) -> None:
    kind = place.lstat().st_mode
    if not stat.S_ISDIR(kind):
        what = "is a link" if stat.S_ISLNK(kind) else "is no folder"
        raise SettingError(what, place, LINK)


def walked(top: Path, *, follow: bool = False) -> Iterator[tuple[str, list[str], list[str]]]:
    """Folders from one downwards, each with the names of its folders and of what else lies in it.

    As `os.walk`, which calls itself for each folder below another before Python 3.12, and so ends
    in an error where a thousand are nested. Names may be sorted or taken out by the caller.

    Args:
        top: Where to begin; a folder that cannot be listed is passed over.
        follow: Whether to go where links lead to folders.
    """
    waiting = [os.fspath(top)]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                kinds = [(entry.name, _is_folder(entry)) for entry in entries]
        except OSError:
            continue
        names = [name for name, is_folder in kinds if is_folder]
        yield folder, names, [name for name, is_folder in kinds if not is_folder]
        below = (os.path.join(folder, name) for name in reversed(names))  # noqa: PTH118  # text
        waiting += [path for path in below if follow or not os.path.islink(path)]  # noqa: PTH114


def _is_folder(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):  # of a link, by what it leads to
        return entry.is_dir()
    return False
