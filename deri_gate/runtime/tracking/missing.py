"""Files that DVC keeps and that are not here, and the command that brings them."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from deri_gate.errors import DatasetError
from deri_gate.runtime.counts import counted
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.folders import walked
from deri_gate.runtime.run_cache import once_a_run
from deri_gate.runtime.tracking.dvc import (
    FOLDER,
    LOCK,
    PIPELINE,
    SUFFIX,
    Output,
    is_record,
    listing_of,
    outputs_in,
)
from deri_gate.runtime.tracking.dvc_cache import cache_here


class Missing(NamedTuple):
    """A file, or files of a folder, that are recorded and not here."""

    name: str  # path from the output; "" for a folder of which nobody can say which files
    reason: str
    files: int = 1


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """An output that a file in the working tree says DVC keeps.

    Attributes:
        root: The DVC repository's folder.
        output: The output, its path from there on.
    """

    root: Path
    output: Output

    @property
    def place(self) -> Path:
        """Path of the output after a pull."""
        return self.root / (self.output.path or "")

    @property
    def fix(self) -> str:
        """Step to take where it is not here, for people."""
        if not (self.root / FOLDER).is_dir():
            return "run `dvc pull` in the repository that this folder was copied from"
        return f"run `{self.pull}`, or `dvc add` if it was removed on purpose"

    @property
    def pull(self) -> str:
        """The command that brings it, for a shell in the working directory."""
        if Path(os.path.realpath(Path.cwd())).is_relative_to(os.path.realpath(self.root)):
            return f"dvc pull {shlex.quote(os.path.relpath(self.place))}"
        root = shlex.quote(os.path.relpath(self.root))
        return f"dvc --cd {root} pull {shlex.quote(self.output.path or '.')}"

    def missing(self) -> list[Missing]:
        """Files that are recorded and not here; those of a folder together where it has no list."""
        known = self._files()
        if known is not None:
            exists = os.path.exists  # unlike Path's, false for a name that is too long
            gone = [name for name in known if not exists(self.place / name)]
            return [Missing(n, f"{self.output.stated} lists it, and it is not here") for n in gone]
        count = _files_below(self.place)
        wanted = self.output.nfiles or 1
        if count >= wanted:
            return []
        reason = f"{self.output.stated} lists {counted(wanted, 'file')}, of which {count} here"
        return [Missing("", reason, wanted - count)]

    def _files(self) -> list[str] | None:
        if self.output.files:
            return [file.path for file in self.output.files]
        if not self.output.md5.endswith(".dir") and self.output.nfiles <= 1:
            return [""]  # a folder from a cloud has an etag there
        try:
            path = cache_here(self.root).file(self.output.md5, plain=self.output.plain)
            return list(listing_of(read_regular_file(path), self.output.stated))
        except (OSError, DatasetError):
            return None


def recorded(path: Path, *, below: bool = False, copied: bool = False) -> list[Recorded]:
    """Outputs at, above or below a path, by the records in the folders above it.

    Args:
        path: A file or folder, which may not be there.
        below: If what is kept in it counts too, by files of DVC's that lie in it.
        copied: If these count outside of a repository, too: records that were copied out of theirs
            still say what belongs beside them. Those of a pipeline do not: what its stages make
            need not be copied with it.
    """
    root, whole, folders = _looked_into(path, below=below, copied=copied)
    records = [record for folder in folders for record in _in_folder(folder, root).records]
    if not (root / FOLDER).is_dir():
        records = [one for one in records if one.output.stated.endswith(SUFFIX)]
    below_root = whole.relative_to(root).as_posix()
    below_root = "" if below_root == "." else below_root
    return [one for one in records if one.output.cached and one.output.meets(below_root)]


def damaged_records(path: Path) -> list[Path]:
    """Records that cannot be read, and that may say what belongs in a folder, or holds it.

    NAME.dvc is about NAME. A `dvc.lock` may be about anything, unless another record holds the
    folder; outside a repository it is about nothing here, as in `recorded`.
    """
    root, whole, folders = _looked_into(path, below=True, copied=True)
    known = any(whole.is_relative_to(one.place) for one in recorded(path))
    locks = (root / FOLDER).is_dir() and not known
    every = [record for folder in folders for record in _in_folder(folder, root).damaged]
    return [record for record in every if (locks if record.name == LOCK else _meets(record, whole))]


def _meets(record: Path, path: Path) -> bool:
    """True if what NAME.dvc is about lies at, below or above a path."""
    place = record.with_suffix("")
    return place.is_relative_to(path) or path.is_relative_to(place)


def _looked_into(path: Path, *, below: bool, copied: bool) -> tuple[Path, Path, list[Path]]:
    """Folder of the repository, the path itself, and folders whose records may hold it."""
    whole = Path(os.path.normpath(Path.cwd() / path))
    root = next((parent for parent in whole.parents if (parent / FOLDER).is_dir()), None)
    if root is None and not (below and (copied or (whole / FOLDER).is_dir())):
        return whole, whole, []
    root = root or whole
    folders = [parent for parent in whole.parents if parent.is_relative_to(root)]
    return root, whole, [*folders, *_folders(whole)] if below else folders


def pull_command(path: Path) -> str:
    """The command that brings a path that is not here; "" where DVC does not keep it."""
    return next((record.pull for record in recorded(path)), "")


@once_a_run(16)
def _folders(path: Path) -> tuple[Path, ...]:
    found = []
    for folder, names, _ in walked(path):
        names[:] = [name for name in names if name not in {FOLDER, ".git"}]
        found.append(Path(folder))
    return tuple(found)


class _InFolder(NamedTuple):
    """Outputs that the records in a folder say, and records that cannot be read."""

    records: tuple[Recorded, ...]
    damaged: tuple[Path, ...]


@once_a_run(100_000)
def _in_folder(folder: Path, root: Path) -> _InFolder:
    """Outputs recorded in one folder; a damaged record counts as none here, and is told."""
    try:
        names = sorted(name for name in os.listdir(folder) if is_record(name))  # noqa: PTH208
    except OSError:
        return _InFolder((), ())
    found, damaged = [], []
    for name in names:
        try:
            found += _in_record(folder, name, root)
        except (OSError, DatasetError):
            damaged += [folder / name] if (folder / name).is_file() else []
    return _InFolder(tuple(found), tuple(damaged))


def _in_record(folder: Path, name: str, root: Path) -> list[Recorded]:
    beside = folder / PIPELINE
    pipeline = read_regular_file(beside) if name == LOCK and beside.is_file() else None
    own = (folder / name).relative_to(root).as_posix()
    outs = outputs_in(read_regular_file(folder / name), own, pipeline)
    if not outs and name != LOCK:
        raise DatasetError("records nothing", folder / name, "Run `dvc add` again.")
    return [Recorded(root=root, output=out) for out in outs if out.path is not None]


def _files_below(path: Path) -> int:
    """Number of files in a folder and those that links in it lead to, each folder once."""
    seen, count = set(), 0
    for folder, names, files in walked(path, follow=True):
        about = Path(folder).stat()
        if (about.st_dev, about.st_ino) in seen:
            names.clear()  # a link to a folder above leads round and round
            continue
        seen.add((about.st_dev, about.st_ino))
        count += len(files)
    return count
