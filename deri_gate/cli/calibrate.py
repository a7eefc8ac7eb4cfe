"""`deri-gate calibrate`: a reference pool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import deri_gate


@click.command("calibrate")
@click.argument("metrics_json", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The pool's folder and name."
)
@click.option(
    "--sources",
    type=click.Path(path_type=Path),
    required=True,
    help="Each dataset's version, licence and source: a JSON list, or a params.yaml.",
)
@click.option(
    "--results",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Table of `deri-gate probe`, for choosing the most typical datasets; may be repeated.",
)
@click.option(
    "--select",
    type=click.IntRange(min=3),
    default=10,
    show_default=True,
    help="How many of the datasets form the pool, with --results.",
)
@click.option(
    "--weights",
    default="published",
    show_default=True,
    metavar="published|FILE",
    help="Of the metrics in U: the published ones, or those of an impact.json.",
)
def calibrate_command(metrics_json: tuple[Path, ...], **settings: Any) -> None:
    """Make a reference pool of METRICS_JSON, one file a dataset."""
    pool = deri_gate.calibrate(metrics_json, announce=_say_ranking, **settings)
    click.echo(f"pool {pool.name} {pool.hash}: {len(pool.datasets)} datasets")


def _say_ranking(candidates: Any) -> None:
    for rank, one in enumerate(candidates, start=1):
        distance = "unknown" if one.distance is None else f"{one.distance:.2f} spreads"
        chosen = "" if one.chosen else "  not chosen"
        click.echo(f"{rank:3}  {one.name:24} {distance} from the median{chosen}")
