"""Files in a folder of ours that we did not write: they are somebody's own, and stay."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from typing import TYPE_CHECKING

from deri_gate.errors import SettingError
from deri_gate.runtime.files import read_regular_file, ready_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
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
    "left_out.json": ("schema_version", "left_out", "notes"),
}
OF_A_LOOK = ("schema_version", "contents", "distinct", "sketch")  # at a candidate, by its name
OF_A_SUITE = ("name", "expectations")
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
    "limits.csv": (b"suite,metric,kind,severity,old,new,",),
    "deltas.csv": (b"metric,architecture,figure,mean,",),
    "spearman.csv": (b"of,kind,spearman,",),
    "number.md": (b"## ", b"| ", b"|--:|"),
    "runs.csv.gz": (b"dataset,fingerprint,preset,group,level,architecture,",),
    "subscores.parquet": (b'"dataset"', b'"group"', b'"level"'),
    "results.parquet": (b"fingerprint", b"architecture", b"balanced_accuracy"),
    "pool-report.html": (b"deri-gate</title>",),
    "pool-diff.html": (b"deri-gate</title>",),
    "properties.svg": (b">Properties of the number<",),
    "weights.svg": (b">Weights of the metrics<",),
    "drops.svg": (b">What damage costs the probes<",),
    "spearman.svg": (b">Order of ", b" variants<"),
    "damage.svg": (b">DERI1000 under damage, ",),
    "probes.svg": (b" runs on validation images; open: undamaged<",),
}
BESIDE = {  # files that say nothing of us, each with one of ours that is written before it
    "sensitivity.png": "sensitivity.json",
    "taking_part.txt": "left_out.json",
}
OF_A_REPORT = frozenset({
    VALUES, "scores.json", "subscores.json", "run.json", "page.json", "validation.json",
    "changes.json", "leaks.json", "drift.json", "sufficiency.json", "junit.xml", "summary.md",
    "report.html", "subscores.csv", "images.parquet",
})  # fmt: skip
ENDS = 2**18  # bytes at either end of a file that are looked through for marks


def unclaimed_folder(out: Path, *names: str) -> Path:
    """Make a folder for files of these names, in which none is somebody's own; before any work.

    Raises:
        SettingError: If the folder cannot be written, or such a file would be replaced.
    """
    folder = ready_folder(out)
    refuse_other_files(folder, names)
    return folder


def refuse_other_files(out: Path, names: Iterable[str], keys: Sequence[str] = ()) -> None:
    """Refuse a folder in which a report would replace a file that none wrote.

    Beside the values of a report all files that a report has are taken for its own.

    Args:
        out: Folder for a report.
        names: Names of the files that would be deleted or replaced.
        keys: Keys of those that are JSON, where their names say nothing of what they hold.

    Raises:
        SettingError: If there is one; says which.
    """
    of_a_report = OF_A_REPORT if _is_ours(out / VALUES) else ()
    for name in names:
        if name in of_a_report or not (out / name).is_file():
            continue
        if not _is_ours(out / name, keys):
            what = "is no file of deri-gate, and would be replaced"
            fix = "Choose another folder with --out, or take the file out of this one."
            raise SettingError(what, out / name, fix)


def _is_ours(path: Path, keys: Sequence[str] = ()) -> bool:
    """True for a file that we wrote, by what it holds or what lies beside it."""
    path = path.with_name(BESIDE.get(path.name, path.name))
    try:
        if path.name in MARKS:
            return all(mark in _both_ends(path) for mark in MARKS[path.name])
        document = json.loads(read_regular_file(path))
    except (OSError, EOFError, zlib.error, ValueError, RecursionError):
        return False
    wanted = keys or OF_OURS[path.name]
    return isinstance(document, dict) and all(key in document for key in wanted)


def _both_ends(path: Path) -> bytes:
    if path.suffix == ".gz":
        with gzip.open(path) as packed:
            return packed.read(ENDS)
    with path.open("rb") as file:
        first = file.read(ENDS)
        rest = max(0, os.fstat(file.fileno()).st_size - ENDS)
        file.seek(-min(rest, ENDS), os.SEEK_END)
        return first + file.read()
