"""Files in a folder of ours that we did not write: they are somebody's own, and stay."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from deri_gate.errors import SettingError
from deri_gate.runtime.files import read_regular_file, ready_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

VALUES = "metrics.json"
OF_OURS = {  # keys that each of these files has had in every version
    VALUES: ("schema_version", "dataset", "profile", "metrics"),
    "scores.json": ("schema_version", "U", "DERI1000", "verdict"),
    "subscores.json": ("schema_version", "pool", "subscores"),
    "run.json": ("schema_version", "started", "seconds", "versions"),
    "page.json": ("schema_version", "fingerprint", "worst"),
    "validation.json": ("suite_name", "success", "statistics", "results"),
    "changes.json": ("schema_version", "base", "tests"),
    "leaks.json": ("schema_version", "splits", "pairs"),
    "drift.json": ("schema_version", "baseline_name", "tests"),
    "sufficiency.json": ("schema_version", "coverage", "curve"),
    "pool.json": ("schema_version", "profile", "datasets"),
    "pool-report.json": ("schema_version", "warnings", "beside"),
    "pool-diff.json": ("schema_version", "pools", "profiles"),
    "impact.json": ("schema_version", "preset", "groups"),
    "sensitivity.json": ("schema_version", "budget", "matrix"),
    "detection.json": ("schema_version", "budget", "against_base"),
    "properties.json": ("schema_version", "budget", "figures"),
    "summary.json": ("falls", "detected", "spearman"),
}
MARKS = {  # of all others; in a Parquet file names of columns stand at the end
    "junit.xml": (b'package="deri-gate"',),
    "summary.md": (b"<sub>pool ", b"fingerprint "),
    "report.html": (b"deri-gate</title>",),
    "subscores.csv": (b"metric,value,subscore",),
    "images.parquet": (b"suspect_for", b"unreadable"),
    "influence.csv": (b"dataset,DERI1000,",),
    "selection.csv": (b"rank,dataset,distance,",),
    "impact.csv": (b"metric,delta,",),
    "sensitivity.csv": (b"group,level,metric,",),
    "detection.csv": (b"name,way,cases,",),
    "properties.csv": (b"number,property,of,",),
    "scores.csv": (b"dataset,metric,subscore",),
    "groups.csv": (b"group,level,falls,",),
}
BESIDE = {  # files that say nothing of us, each with one of ours that is written with it
    "pool-report.html": "pool-report.json",
    "pool-diff.html": "pool-diff.json",
    "runs.csv.gz": "impact.json",
    "subscores.parquet": "sensitivity.json",
    "sensitivity.png": "sensitivity.json",
    "properties.svg": "properties.json",
}
ENDS = 2**18  # bytes at either end of a file that are looked through for marks


def unclaimed_folder(out: Path, *names: str) -> Path:
    """Make a folder for files of these names, in which none is somebody's own; before any work.

    Raises:
        SettingError: If the folder cannot be written, or such a file would be replaced.
    """
    folder = ready_folder(out)
    refuse_other_files(folder, names)
    return folder


def refuse_other_files(out: Path, names: Iterable[str]) -> None:
    """Refuse a folder in which a report would replace a file that none wrote.

    Beside the values of a report all files of these names are taken for its own.

    Args:
        out: Folder for a report.
        names: Names of the files that would be deleted or replaced.

    Raises:
        SettingError: If there is one; says which.
    """
    if _is_ours(out / VALUES):
        return
    for name in names:
        if (out / name).is_file() and not _is_ours(out / name):
            what = "is no file of deri-gate, and would be replaced"
            fix = "Choose another folder with --out, or take the file out of this one."
            raise SettingError(what, out / name, fix)


def _is_ours(path: Path) -> bool:
    """True for a file that we wrote, by what it holds or what lies beside it."""
    path = path.with_name(BESIDE.get(path.name, path.name))
    try:
        if path.name in MARKS:
            return all(mark in _both_ends(path) for mark in MARKS[path.name])
        document = json.loads(read_regular_file(path))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(document, dict) and all(key in document for key in OF_OURS[path.name])


def _both_ends(path: Path) -> bytes:
    with path.open("rb") as file:
        first = file.read(ENDS)
        rest = max(0, os.fstat(file.fileno()).st_size - ENDS)
        file.seek(-min(rest, ENDS), os.SEEK_END)
        return first + file.read()
