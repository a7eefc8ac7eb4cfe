"""`deri-gate properties`: what the number must do, and whether it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate.cli.choosing import datasets_options, explained_option
from deri_gate.cli.machine import machine_options
from deri_gate.cli.measuring import metrics_option, profile_option
from deri_gate.cli.options import pool_option, seed_option, shipped_limits_option
from deri_gate.reports.text import number, printable

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.cli.choosing import Choice
    from deri_gate.runtime.engine import Machine


@click.command("properties")
@datasets_options
@pool_option
@profile_option
@metrics_option
@click.option(
    "--size",
    "sizes",
    multiple=True,
    type=click.IntRange(min=20),
    default=(200, 500, 1000, 2000),
    show_default=True,
    help="Number of images to compare at. Repeatable.",
)
@click.option(
    "--side",
    "sides",
    multiple=True,
    type=click.IntRange(min=8),
    default=(28, 64, 224),
    show_default=True,
    help="Side of pictures to compare at, in pixels. Repeatable.",
)
@click.option(
    "--images",
    type=click.IntRange(min=20),
    default=200,
    show_default=True,
    help="Images at each side, and of each made set.",
)
@explained_option
@shipped_limits_option
@seed_option
@machine_options
def properties_command(
    datasets: tuple[str, ...],
    *,
    choice: Choice,
    out: Path,
    pool: str,
    profile: str,
    metrics: str,
    sizes: tuple[int, ...],
    sides: tuple[int, ...],
    images: int,
    explained: int | None,
    shipped_limits: bool,
    seed: int,
    machine: Machine,
) -> None:
    """Measure the properties that the number must have, on DATASETS.

    NAME=DATASET gives a dataset another name.
    """
    document = deri_gate.properties(
        choice.every(datasets),
        out=out,
        pool=pool,
        profile=profile,
        metrics=metrics,
        sizes=sizes,
        sides=sides,
        images=images,
        explained=explained,
        shipped_limits=shipped_limits,
        seed=seed,
        machine=machine,
    )
    for name, (held, every) in document.holds.items():
        click.echo(f"{name:36} {f'{held} of {every}' if every else 'not measured'}")
    for figure in document.figures:
        if figure.holds is False:
            click.echo(
                f"  {figure.number}. {printable(figure.of)}: {figure.figure} "
                f"{number(figure.observed, 3)}, {figure.better} {figure.aim:g}"
            )
