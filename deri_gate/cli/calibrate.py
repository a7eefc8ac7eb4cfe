"""`deri-gate calibrate`: a reference pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate.cli.choosing import choice_options
from deri_gate.cli.path_name import PathName
from deri_gate.errors import SettingError
from deri_gate.metrics.profile import profile_named
from deri_gate.scoring.influence import influences
from deri_gate.study.candidates.sources import SOURCES_FORM
from deri_gate.study.pools.warnings import influence_warnings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deri_gate.cli.choosing import Choice
    from deri_gate.study.weights.selection import Candidate


@click.command("calibrate")
@click.argument("metrics_json", nargs=-1, required=True)
@choice_options
@click.option(
    "--out",
    type=PathName(),
    required=True,
    help="Folder of the pool; its last part is the name.",
)
@click.option(
    "--sources",
    type=PathName(),
    help="Version, licence and source of each dataset: a JSON list, or a params.yaml. "
    "Default: --candidates.",
)
@click.option(
    "--results",
    multiple=True,
    help="Table of `deri-gate probe`, to select typical datasets. Repeatable.",
)
@click.option(
    "--select",
    type=click.IntRange(min=3),
    help="With --results: number of datasets in the pool. Default: 10.",
)
@click.option(
    "--fill",
    default="",
    metavar="POOL",
    help="Pool whose datasets take part where fewer than three are measured.",
)
@click.option(
    "--numbers",
    type=PathName(),
    metavar="FILE",
    help="FILE for the part of the pool that numbers depend on: all but its texts.",
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
    type=PathName(),
    help="An impact.json whose weights are kept as `fitted`. Not kept by default.",
)
@click.option(
    "--power",
    type=click.FloatRange(0, 1),
    help="Power of the mean U. Default: 1 for the paper profiles, else 1/2.",
)
def calibrate_command(
    metrics_json: tuple[str, ...],
    *,
    choice: Choice,
    out: Path,
    sources: Path | None,
    results: tuple[str, ...],
    select: int | None,
    fill: str,
    numbers: Path | None,
    weights: str,
    fitted: Path | None,
    power: float | None,
) -> None:
    """Make a reference pool of METRICS_JSON, one file per dataset."""
    origins = sources or choice.candidates
    if origins is None:
        raise SettingError("nothing says where the datasets come from", "--sources", SOURCES_FORM)
    pool = deri_gate.calibrate(
        choice.files(metrics_json),
        out=out,
        sources=origins,
        results=choice.files(results),
        left_out=choice.left_out,
        fill=fill,
        numbers=numbers,
        select=select,
        weights=weights,
        fitted=fitted,
        power=power,
        announce=_say_ranking,
    )
    for name, why in pool.left_out.items():
        click.echo(f"left out: {name}: {why}", err=True)
    click.echo(f"pool {pool.name} {pool.hash}: {len(pool.datasets)} datasets")
    metrics = profile_named(pool.profile.name).metrics
    for warning in influence_warnings(pool, influences(pool, metrics=metrics)):
        click.echo(f"warning: {warning}", err=True)


def _say_ranking(candidates: Sequence[Candidate]) -> None:
    for rank, candidate in enumerate(candidates, start=1):
        spreads = candidate.distance
        place = "without a figure" if spreads is None else f"{spreads:.2f} spreads from the median"
        chosen = "" if candidate.chosen else "  not chosen"
        click.echo(f"{rank:3}  {candidate.name:24} {place}{chosen}")
