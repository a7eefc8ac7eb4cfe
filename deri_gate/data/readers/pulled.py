"""Datasets that DVC or Git LFS keep and that are not here, or only in part."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.data.dataset import Finding
from deri_gate.data.readers.files import path_text
from deri_gate.errors import DatasetError
from deri_gate.runtime.tracking.dvc import LOCK, SUFFIX
from deri_gate.runtime.tracking.lfs import MOST_BYTES, is_pointer
from deri_gate.runtime.tracking.missing import damaged_records, pull_command, recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.data.dataset import Dataset

_DAMAGED = (
    "DVC's record cannot be read, so nobody can tell whether all files are here: "
    "run `{again}` again, or restore it"
)


def refuse_stand_ins(path: Path) -> None:
    """Stop at a file that only stands for a dataset: a record of DVC's, a pointer of Git LFS.

    Raises:
        DatasetError: If it is one; says what to run or to name.
    """
    if path.is_file():
        with path.open("rb") as file:
            if is_pointer(file.read(MOST_BYTES)):
                what = "is a pointer of Git LFS, and not the file itself"
                raise DatasetError(what, path, "Run `git lfs pull`.")
    kept = path.with_name(path.name.removesuffix(SUFFIX))
    if path.name.endswith(SUFFIX) and path.is_file() and recorded(kept):
        what = "is DVC's record of a dataset, and not the dataset"
        raise DatasetError(what, path, f"Name {kept}." if kept.exists() else _pull(kept))


def refuse_missing(path: Path) -> None:
    """Stop where DVC keeps what is not there at all.

    Raises:
        DatasetError: If so; says what to run.
    """
    here = _holds_something(path) if path.is_dir() else path.exists()
    if not here and pull_command(path):
        raise DatasetError("is kept by DVC and was not pulled", path, _pull(path))


def _holds_something(folder: Path) -> bool:
    """True where anything lies there, or nobody can say: its reader then gives the reason."""
    try:
        with os.scandir(folder) as entries:
            return any(not entry.name.startswith(".") for entry in entries)
    except OSError:
        return True


def _pull(path: Path) -> str:
    return f"Run `{pull_command(path)}`."


def with_pull(error: DatasetError, path: Path) -> DatasetError:
    """The error of a folder that cannot be read, with DVC's command where files of it are missing.

    Args:
        error: What is wrong with the folder as it is.
        path: The folder.
    """
    fixes = [record.fix for record in recorded(path, below=True, copied=True) if record.missing()]
    if not fixes:
        return error
    fix = f"{fixes[0][0].upper()}{fixes[0][1:]}."
    return DatasetError(f"{error.what}, and not all of it was pulled", path, fix)


def with_missing(dataset: Dataset, path: Path) -> Dataset:
    """The dataset, with a finding for each file that DVC lists in its folder and that is not here.

    Args:
        dataset: Dataset as it was read.
        path: Its folder.
    """
    known = {finding.path for finding in dataset.findings if finding.kind == "unreadable"}
    findings = [finding for finding in _missing_files(path) if finding.path not in known]
    in_order = sorted((*dataset.findings, *findings), key=lambda f: (f.path, f.kind))
    return replace(dataset, findings=tuple(in_order)) if findings else dataset


def _missing_files(path: Path) -> Iterator[Finding]:
    """A finding for each tracked file that belongs in a folder, or holds it, and is not here."""
    folder = Path(os.path.normpath(Path.cwd() / path))
    for record in damaged_records(path):
        inside = record.is_relative_to(folder)
        shown = record.relative_to(folder).as_posix() if inside else record.name
        detail = _DAMAGED.format(again="dvc repro" if record.name == LOCK else "dvc add")
        yield Finding(kind="unreadable", path=path_text(shown), detail=detail)
    for tracked in recorded(path, below=True, copied=True):
        for gone in tracked.missing():
            place = tracked.place / gone.name if gone.name else tracked.place
            if not (place.is_relative_to(folder) or folder.is_relative_to(place)):
                continue
            inside = place.is_relative_to(folder) and place != folder
            shown = place.relative_to(folder).as_posix() if inside else path.name
            yield Finding(
                kind="unreadable",
                path=path_text(shown),
                detail=f"{gone.reason}: {tracked.fix}",
                images=gone.files if place.is_relative_to(folder) else 1,  # or lie elsewhere
            )
