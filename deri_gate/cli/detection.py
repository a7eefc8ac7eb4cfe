"""`deri-gate detection`: detection and false alarms of `check --base`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate import study
from deri_gate.cli.choosing import datasets_options
from deri_gate.cli.machine import machine_options
from deri_gate.cli.options import (
    group_option,
    images_option,
    pool_option,
    reading_options,
    seed_option,
)

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.cli.choosing import Choice
    from deri_gate.data.readers.options import ReadKeys
    from deri_gate.runtime.engine import Machine


@click.command("detection")
@datasets_options
@group_option
@images_option
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Repetitions per dataset, each with other held-out images and damage.",
)
@click.option(
    "--whole",
    is_flag=True,
    help="Judge all metrics and scores, not only the changed images.",
)
@pool_option
@click.option(
    "--explained",
    type=click.IntRange(min=1),
    default=16,
    show_default=True,
    help="With --whole: most images to explain per simulated change.",
)
@reading_options
@seed_option
@machine_options
def detection_command(
    datasets: tuple[str, ...],
    *,
    choice: Choice,
    out: Path,
    groups: tuple[str, ...],
    images: int,
    seeds: int,
    whole: bool,
    pool: str,
    explained: int,
    reading: ReadKeys,
    seed: int,
    machine: Machine,
) -> None:
    """Measure detection and false-alarm rates of `check --base` on simulated changes."""
    measured = deri_gate.detection(
        choice.every(datasets),
        out=out,
        groups=groups or None,
        images=images,
        seeds=seeds,
        whole=whole,
        pool=pool,
        explained=explained,
        seed=seed,
        machine=machine,
        **reading,
    )
    against_base = study.detection.rates.detection_document(measured).against_base
    for group, ways in against_base.detection.items():
        said = ", ".join(f"{way} {one.failed} of {one.cases}" for way, one in ways.items())
        click.echo(f"{group:24} detected {said}")
    for title, tally in (
        ("detected", against_base.detected),
        ("false alarms", against_base.false_alarm),
    ):
        click.echo(f"{title} {tally.failed} of {tally.cases}")
    click.echo(out / "detection.json")
