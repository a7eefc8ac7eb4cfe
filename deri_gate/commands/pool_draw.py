"""`deri-gate pool draw`: pictures and tables of a pool's study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.errors import SettingError
from deri_gate.runtime.arguments import checking_arguments
from deri_gate.runtime.files import write_bytes, write_text
from deri_gate.runtime.ownership import unclaimed_folder
from deri_gate.schemas.impact import AgreementInfo
from deri_gate.scoring.pool import find_pool, read_pool
from deri_gate.scoring.weights import as_shares
from deri_gate.study.figures.drawings import (
    draw_damage,
    draw_drops,
    draw_figures_of_probes,
    draw_orders,
    draw_weights,
)
from deri_gate.study.figures.number import tables_of_number
from deri_gate.study.figures.style import drawing
from deri_gate.study.figures.tables import deltas_table, spearman_table
from deri_gate.study.pools.beside import files_beside
from deri_gate.study.weights.results import read_results
from deri_gate.study.weights.runs_table import ENDING

if TYPE_CHECKING:
    from deri_gate.study.pools.beside import StudyFiles

FOLDER = "figures"


@checking_arguments()
def pool_draw(pool: str | Path, *, out: str | Path | None = None) -> tuple[Path, ...]:
    """Draw a pool's study: weights, DERI1000 under damage, probes, what damage costs, orders.

    Reads `impact.json`, `sensitivity.json`, `subscores.parquet` and `runs.csv.gz` beside the
    pool. What is not there is not drawn.

    Args:
        pool: A shipped pool's name, a folder, or its file.
        out: Folder for pictures and tables; `figures` beside the pool when None.

    Returns:
        The files that were written: pictures (SVG), tables (CSV), and `number.md`.

    Raises:
        PoolError: If there is no such pool, or it cannot be read.
        SettingError: If nothing of a study lies beside it, or a file is not what its name says.
    """
    path = find_pool(pool)
    with drawing():
        pictures = _pictures(path, files_beside(path))
    if not pictures:
        raise SettingError(
            "has no study beside it, so there is nothing to draw",
            path,
            "Make one with `deri-gate impact` and `deri-gate sensitivity`.",
        )
    folder = unclaimed_folder(path.parent / FOLDER if out is None else Path(out), *pictures)
    for name, content in pictures.items():
        if isinstance(content, bytes):
            write_bytes(content, folder / name)
        else:
            write_text(content, folder / name)
    return tuple(folder / name for name in pictures)


def _pictures(path: Path, files: StudyFiles) -> dict[str, bytes | str]:
    pictures: dict[str, bytes | str] = {}
    if files.impact is not None:
        pictures["weights.svg"] = draw_weights(files.impact, as_shares(read_pool(path).weights))
        pictures["drops.svg"] = draw_drops(files.impact)
        pictures["deltas.csv"] = deltas_table(files.impact)
        if isinstance(files.impact.agreement, AgreementInfo):
            pictures["spearman.svg"] = draw_orders(files.impact.agreement)
            pictures["spearman.csv"] = spearman_table(files.impact.agreement)
    if files.sensitivity is not None:
        pictures["damage.svg"] = draw_damage(files.sensitivity)
    source = path.parent / f"runs{ENDING}"
    runs = read_results([source]) if source.exists() else None
    if tables := tables_of_number(read_pool(path), files, path.parent, runs):
        pictures["number.md"] = tables
    if runs is not None:
        pictures["probes.svg"] = draw_figures_of_probes(runs)
    return pictures
