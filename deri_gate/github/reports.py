"""The folder of a run's reports: what a branch has put there is not taken for ours."""

from __future__ import annotations

import os
import re
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.errors import SettingError
from deri_gate.github.commits import files_at, git
from deri_gate.github.verdict import NAME
from deri_gate.runtime.folders import folder_for, within
from deri_gate.runtime.system import READ_NO_LINK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

POLICY = "policy"  # folder of the limits, beside the reports
FILES = re.compile(
    r"\.?(?:images\.parquet"
    r"|(?:metrics|subscores|scores|validation|run|changes|leaks|drift|sufficiency|page|code-quality)\.json"
    r"|subscores\.csv|summary\.md|report\.(?:html|txt)|junit\.xml|history\.csv)(?:\.[0-9]+)?"
)  # of a report, whole or half written
ELSEWHERE = "Remove it, or name another folder with --out."


def fresh_reports(out: Path, root: Path, datasets: Iterable[str]) -> Path:
    """An empty folder for reports; those of an earlier run in it are removed.

    Args:
        out: Where they go.
        root: The repository.
        datasets: Paths of the datasets, which it must not lie in or around.

    Raises:
        SettingError: If it is a link or behind one, git tracks something in it, or it holds
            what is no report of `deri-gate ci`, such as one of `check`.
    """
    folder = kept_reports(out, root)
    inner = within(folder, root)
    for path in datasets if inner is not None else ():
        if is_nested(Path(path), inner or Path()):
            raise SettingError(f"lies in or around the dataset {path}", out, ELSEWHERE)
    for entry in sorted(folder.iterdir()):
        shutil.rmtree(entry)
    return folder


def own_folder(out: Path, root: Path) -> Path:
    """A folder for reports that a branch has neither made nor led elsewhere.

    Raises:
        SettingError: If it is a link or behind one, or git tracks something in it.
    """
    folder = folder_for(out, root)
    inner = within(folder, root)
    if inner is not None and not inner.parts:
        raise SettingError("is the repository itself", out, ELSEWHERE)
    if inner is not None:
        own = inner.as_posix()
        staged = git("ls-files", "-z", "--", f":(top,literal){own}", root=root)
        tracked = [*files_at("HEAD", own, root), *os.fsdecode(staged).split("\0")]
        if tracked[0]:
            raise SettingError(f"git tracks {tracked[0]!r} in it", out, ELSEWHERE)
    return folder


def kept_reports(out: Path, root: Path) -> Path:
    """A folder for reports in which those of earlier runs stay, as a history does.

    Raises:
        SettingError: As for `fresh_reports`.
    """
    folder = own_folder(out, root)
    if foreign := next(foreign_files(folder), None):
        inside = foreign.relative_to(folder).as_posix()
        what = f"holds {inside!r}, which is no report that `deri-gate ci` wrote there"
        fix = f"Name a folder of its own, such as --out {(out / 'ci').as_posix()}, or remove it."
        raise SettingError(what, out, fix)
    return folder


def is_nested(one: Path, other: Path) -> bool:
    """True if one of two paths is the other, or lies in it."""
    return one == other or one in other.parents or other in one.parents


def foreign_files(folder: Path) -> Iterator[Path]:
    """Entries of a folder of reports that are no report: links, devices, other files."""
    for entry in sorted(folder.iterdir()):
        if not stat.S_ISDIR(entry.lstat().st_mode):
            yield entry
        elif entry.name == POLICY:
            yield from _no_plain_files(entry)
        elif NAME.fullmatch(entry.name):
            for file in sorted(entry.iterdir()):
                if not (FILES.fullmatch(file.name) and stat.S_ISREG(file.lstat().st_mode)):
                    yield file
        else:
            yield entry


def _no_plain_files(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        kind = entry.lstat().st_mode
        if stat.S_ISDIR(kind):
            yield from _no_plain_files(entry)
        elif not stat.S_ISREG(kind):
            yield entry


def emptied(folder: Path, root: Path) -> Path:
    """A folder of ours without what an earlier run left in it; links in it are not followed.

    Raises:
        SettingError: If it is a link or behind one.
    """
    shutil.rmtree(folder_for(folder, root))
    return folder_for(folder, root)


def names_below(folder: Path) -> tuple[str, ...]:
    """Names of the folders of reports in a folder, in order; none where it is no folder."""
    if not folder.is_dir():
        return ()
    names = (entry.name for entry in folder.iterdir() if (entry / "summary.md").is_file())
    return tuple(sorted(name for name in names if NAME.fullmatch(name)))


def text_in(folder: Path, name: str, file: str, most: int) -> str | None:
    """The start of a text in a folder of reports; None where there is no plain file.

    Args:
        folder: Holds a folder a dataset; it may come from a stranger.
        name: The dataset's.
        file: The text's.
        most: Bytes that are read.
    """
    place = folder / name
    if place.is_symlink() or not place.is_dir():
        return None
    try:
        handle = os.open(place / file, READ_NO_LINK)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as opened:
        plain = stat.S_ISREG(os.fstat(handle).st_mode) and not (place / file).is_symlink()
        return opened.read(most).decode("utf-8", errors="replace") if plain else None
