"""`deri-gate calibrate`: a reference pool."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate.metrics.profile import profile_named
from deri_gate.scoring.influence import influences
from deri_gate.study.pools.warnings import influence_warnings

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
    default="equal",
    show_default=True,
    metavar="equal|published|FILE",
    help="Weights of the metrics in U: `equal`, `published`, or an impact.json.",
)
@click.option(
    "--fitted",
    type=click.Path(path_type=Path),
    help="An impact.json whose weights are kept as `fitted`. Not kept by default.",
)
@click.option(
    "--power",
    type=click.FloatRange(0, 1),
    help="Power of the mean that U is. By default 1 for the paper's words, 1/2 otherwise.",
)
def calibrate_command(
    metrics_json: tuple[Path, ...],
    *,
    out: Path,
    sources: Path,
    results: tuple[Path, ...],
    select: int,
    weights: str,
    fitted: Path | None,
    power: float | None,
) -> None:
    """Make a reference pool of METRICS_JSON, one file per dataset."""
    pool = deri_gate.calibrate(
        metrics_json,
        out=out,
        sources=sources,
        results=results,
        select=select,
        weights=weights,
        fitted=fitted,
        power=power,
        announce=_say_ranking,
    )
    click.echo(f"pool {pool.name} {pool.hash}: {len(pool.datasets)} datasets")
    metrics = profile_named(pool.profile.name).metrics
    for said in influence_warnings(pool, influences(pool, metrics=metrics)):
        click.echo(f"warning: {said}", err=True)


def _say_ranking(candidates: Sequence[Candidate]) -> None:
    for rank, one in enumerate(candidates, start=1):
        distance = "unknown" if one.distance is None else f"{one.distance:.2f} spreads"
        chosen = "" if one.chosen else "  not chosen"
        click.echo(f"{rank:3}  {one.name:24} {distance} from the median{chosen}")
