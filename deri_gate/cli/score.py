"""`deri-gate score`: subscores and DERI1000 of raw values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate import reports
from deri_gate.cli.options import pool_option, weights_option
from deri_gate.cli.path_name import PathName
from deri_gate.runtime.files import write_text
from deri_gate.runtime.ownership import unclaimed_folder
from deri_gate.schemas.base import as_json

if TYPE_CHECKING:
    from pathlib import Path


@click.command("score")
@click.argument("metrics_json", type=PathName())
@pool_option
@weights_option
@click.option(
    "--out",
    type=PathName(),
    help="Folder for the two files. Not written by default.",
)
@click.option("--explain", is_flag=True, help="Show medians, spreads, mu and sigma as well.")
def score_command(
    metrics_json: Path, *, pool: str, weights: str, out: Path | None, explain: bool
) -> None:
    """Compute subscores, U and DERI1000 from METRICS_JSON and a pool."""
    result = deri_gate.score(metrics_json, pool=pool, weights=weights)
    subscores = as_json(reports.documents.subscores_document(result.scored, result.pool))
    scores = as_json(reports.documents.scores_document(result.scored, None))
    if out is not None:
        folder = unclaimed_folder(out, "subscores.json", "scores.json")
        write_text(subscores, folder / "subscores.json")
        write_text(scores, folder / "scores.json")
    click.echo(reports.explained.as_explained(result) if explain else scores, nl=False)
