"""`deri-gate calibrate`: a reference pool."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

import deri_gate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.study.weights.selection import Candidate


@click.command("calibrate")
@click.argument("metrics_json", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder of the pool; its last part is the name.",
)
@click.option(
    "--sources",
    type=click.Path(path_type=Path),
    required=True,
    help="Version, licence and source of each dataset: a JSON list, or a params.yaml.",
)
@click.option(
    "--results",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Table of `deri-gate probe`, to select typical datasets. Repeatable.",
)
@click.option(
    "--select",
    type=click.IntRange(min=3),
    default=10,
    show_default=True,
    help="With --results: number of datasets in the pool.",
)
@click.option(
    "--weights",
    default="published",
    show_default=True,
    metavar="published|FILE",
    help="Weights of the metrics in U: `published`, or an impact.json.",
)
def calibrate_command(
    metrics_json: tuple[Path, ...],
    *,
    out: Path,
    sources: Path,
    results: tuple[Path, ...],
    select: int,
    weights: str,
) -> None:
    """Make a reference pool of METRICS_JSON, one file per dataset."""
    pool = deri_gate.calibrate(
        metrics_json,
        out=out,
        sources=sources,
        results=results,
        select=select,
        weights=weights,
        announce=_say_ranking,
    )
    click.echo(f"pool {pool.name} {pool.hash}: {len(pool.datasets)} datasets")


def _say_ranking(candidates: Sequence[Candidate]) -> None:
    for rank, one in enumerate(candidates, start=1):
        distance = "unknown" if one.distance is None else f"{one.distance:.2f} spreads"
        chosen = "" if one.chosen else "  not chosen"
        click.echo(f"{rank:3}  {one.name:24} {distance} from the median{chosen}")
