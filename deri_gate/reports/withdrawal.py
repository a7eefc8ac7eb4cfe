"""Folder of a report before there is one: no dataset's own, and free of an earlier report."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.errors import SettingError, words_of_error
from deri_gate.runtime.folders import is_same_file, refuse_inside
from deri_gate.runtime.ownership import VALUES, refuse_other_files
from deri_gate.runtime.store import refuse_cache_inside
from deri_gate.runtime.system import alone_in
from deri_gate.schemas.variant import HEADER

if TYPE_CHECKING:
    from collections.abc import Iterable

TABLES = frozenset({"images.parquet", "subscores.csv"})  # what a dataset's own may be called, too
WITHDRAWN = (  # what tells a verdict first
    "scores.json", "junit.xml", "summary.md", "report.html", "validation.json",
    "changes.json", "leaks.json", "sufficiency.json", "drift.json", "page.json",
    "subscores.json", "run.json",
)  # fmt: skip


def withdraw_report(out: Path) -> None:
    """Delete the files of an earlier report: of a run that ends early, none is taken for its own.

    Nor is a file kept that this run has no reason to write, such as a change without a base.
    Nothing goes that no report wrote.

    Raises:
        SettingError: If one cannot be deleted, or is somebody's own, or the folder is a dataset.
    """
    with alone_in(out):
        delete_files(out)


def delete_files(out: Path) -> None:
    """Delete them, where no other run is at work; see `withdraw_report`."""
    if (out / HEADER).exists():
        fix = "Choose another folder with --out."
        raise SettingError("is a variant, whose images a report would replace", out, fix)
    refuse_other_files(out, (VALUES, *WITHDRAWN, *sorted(TABLES)))
    tables = sorted(TABLES) if (out / VALUES).exists() else ()
    for name in (*WITHDRAWN, *tables, VALUES):  # the values last: they show whose the tables are
        try:
            (out / name).unlink(missing_ok=True)
        except OSError as error:
            what = f"cannot be deleted ({words_of_error(error)}), and holds an earlier report"
            raise SettingError(what, out / name, "Choose another folder with --out.") from error


def check_place(out: str | Path | None, datasets: Iterable[object]) -> None:
    """Refuse a folder of a dataset, whose next look would find the report's files among its own.

    Raises:
        SettingError: If it or the cache lies in a folder of images, or if one of them is a file
            there, or a link to one, that has a report's name.
    """
    known = [*datasets]
    refuse_cache_inside(known)
    if out is None:
        return
    refuse_inside(out, known)
    for dataset in known:
        if not isinstance(dataset, (str, os.PathLike)) or not os.path.isfile(dataset):  # noqa: PTH113
            continue
        for name in (VALUES, *WITHDRAWN, *sorted(TABLES)):
            if is_same_file(Path(out) / name, dataset):
                what, fix = "holds a file that a report would replace", "Choose another folder"
                raise SettingError(f"{what}: {name}", out, f"{fix} with --out.")
