"""`deri-gate pool`: a reference pool as people ask about it, and two of them compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.reports.pool_page import pool_diff_page, pool_page
from deri_gate.runtime.arguments import checking_arguments
from deri_gate.runtime.files import write_text
from deri_gate.runtime.ownership import unclaimed_folder
from deri_gate.schemas.base import as_json
from deri_gate.scoring.pool import find_pool, read_pool
from deri_gate.study.pools.beside import files_beside
from deri_gate.study.pools.difference import pool_difference
from deri_gate.study.pools.report import pool_report

if TYPE_CHECKING:
    from deri_gate.schemas.pool_report import PoolDiff, PoolReport


@checking_arguments()
def pool_show(pool: str | Path, *, out: str | Path | None = None) -> PoolReport:
    """Tell who is in a pool, how its values spread, and what hangs on whom.

    Reads the study's files that lie beside it.

    Args:
        pool: A shipped pool's name, a folder, or its file.
        out: Folder for `pool-report.json` and `pool-report.html`; not written when None.

    Raises:
        PoolError: If there is no such pool, or it cannot be read.
        SettingError: If a file beside it is not what its name says.
    """
    path = find_pool(pool)
    report = pool_report(read_pool(path), files_beside(path))
    if out is not None:
        folder = unclaimed_folder(Path(out), "pool-report.json", "pool-report.html")
        write_text(as_json(report), folder / "pool-report.json")
        write_text(pool_page(report), folder / "pool-report.html")
    return report


@checking_arguments()
def pool_diff(first: str | Path, second: str | Path, *, out: str | Path | None = None) -> PoolDiff:
    """Compare two pools: datasets, centres, weights, and the scores that follow.

    Args:
        first: The pool as it was, given as in `pool_show`.
        second: The pool as it is now.
        out: Folder for `pool-diff.json` and `pool-diff.html`; not written when None.

    Raises:
        PoolError: If one is not there or cannot be read.
    """
    difference = pool_difference(read_pool(find_pool(first)), read_pool(find_pool(second)))
    if out is not None:
        folder = unclaimed_folder(Path(out), "pool-diff.json", "pool-diff.html")
        write_text(as_json(difference), folder / "pool-diff.json")
        write_text(pool_diff_page(difference), folder / "pool-diff.html")
    return difference
