"""`deri-gate sensitivity`: how subscores follow damage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate import study
from deri_gate.cli.choosing import datasets_options, explained_option
from deri_gate.cli.machine import machine_options
from deri_gate.cli.measuring import metrics_option, profile_option
from deri_gate.cli.options import (
    damage_options,
    images_option,
    pool_option,
    reading_options,
    seed_option,
    shipped_limits_option,
)
from deri_gate.damage.catalogue import ONLY
from deri_gate.schemas.study import is_scenario

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.cli.choosing import Choice
    from deri_gate.data.readers.options import ReadKeys
    from deri_gate.runtime.engine import Machine


@click.command("sensitivity")
@datasets_options
@pool_option
@profile_option
@metrics_option
@damage_options
@images_option
@click.option(
    "--resamples",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Undamaged resamples per dataset, for the rate of false alarms.",
)
@explained_option
@click.option(
    "--explain-all",
    is_flag=True,
    help="Explain every variant, not only those that must hurt explanations.",
)
@shipped_limits_option
@click.option(
    "--limits",
    default="",
    metavar="POOL",
    help="Judge by the limits beside this pool. Default: those beside --pool.",
)
@reading_options
@seed_option
@machine_options
def sensitivity_command(
    datasets: tuple[str, ...],
    *,
    choice: Choice,
    out: Path,
    pool: str,
    profile: str,
    metrics: str,
    groups: tuple[str, ...],
    levels: tuple[str, ...],
    images: int,
    resamples: int,
    explained: int | None,
    explain_all: bool,
    shipped_limits: bool,
    limits: str,
    reading: ReadKeys,
    seed: int,
    machine: Machine,
) -> None:
    """Measure the effect of damage on the subscores of DATASETS.

    NAME=DATASET gives a dataset another name.
    """
    document = study.sensitivity.document.sensitivity_document(
        deri_gate.sensitivity(
            choice.every(datasets),
            out=out,
            pool=pool,
            profile=profile,
            metrics=metrics,
            groups=groups or None,
            levels=levels or None,
            images=images,
            resamples=resamples,
            explained=explained,
            explain_all=explain_all,
            shipped_limits=shipped_limits,
            limits=limits,
            seed=seed,
            machine=machine,
            **reading,
        )
    )
    for group, effects in document.groups.items():
        if is_scenario(group):  # it hurts no metric of its own
            seen = document.detection[group].get(ONLY)
            said = "made of no dataset" if seen is None else f"fails the gate in {seen:.0%}"
            click.echo(f"{group:28} {said}")
            continue
        said = ", ".join(
            f"{level} {effect.falls:.0%} of {effect.pairs}"
            for level, effect in effects.items()
            if effect.falls is not None
        )
        click.echo(f"{group:24} falls on {said or 'no dataset, as none allows it'}")
    click.echo(f"false alarms {document.false_alarms}   {out / 'sensitivity.json'}")
