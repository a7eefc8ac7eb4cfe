"""`deri-gate probe`: probes on a dataset and its variants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate.cli.choosing import choice_options
from deri_gate.cli.completing import complete_dataset
from deri_gate.cli.machine import machine_options
from deri_gate.cli.measuring import profile_options
from deri_gate.cli.options import (
    damage_options,
    mapping_options,
    name_option,
    out_option,
    seed_option,
)
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.cli.choosing import Choice
    from deri_gate.data.readers.options import MappingKeys
    from deri_gate.runtime.engine import Machine


@click.command("probe")
@click.argument("dataset", shell_complete=complete_dataset)
@out_option
@click.option(
    "--preset",
    type=click.Choice(["smoke", "small", "paper"]),
    default="small",
    show_default=True,
    help="Budget: minutes, about an hour for ten datasets, or the published protocol.",
)
@damage_options
@click.option(
    "--architecture",
    "architectures",
    multiple=True,
    metavar="NAME",
    help="Architecture instead of that of the preset. Repeatable.",
)
@click.option("--images", type=click.IntRange(min=1), help="Most training images.")
@click.option("--epochs", type=click.IntRange(min=1), help="Epochs instead of those of the preset.")
@mapping_options
@name_option
@choice_options
@seed_option
@profile_options
@machine_options
def probe_command(
    dataset: str,
    *,
    out: Path,
    preset: str,
    groups: tuple[str, ...],
    levels: tuple[str, ...],
    architectures: tuple[str, ...],
    images: int | None,
    epochs: int | None,
    mapping: MappingKeys,
    name: str | None,
    choice: Choice,
    seed: int,
    profile: str,
    encoder: str | None,
    machine: Machine,
) -> None:
    """Train probes on DATASET and its variants; write results.parquet to --out.

    With --candidates, DATASET is the name of one.
    """
    chosen = choice.one(dataset, name, out)
    if chosen is None:
        return
    done = deri_gate.probe(
        chosen.dataset,
        out=out,
        preset=preset,
        groups=groups or None,
        levels=levels or None,
        architectures=architectures or None,
        images=images,
        epochs=epochs,
        profile=profile,
        encoder=encoder,
        name=chosen.name,
        options=None if choice.candidates is None else chosen.reading,
        seed=seed,
        machine=machine,
        announce=lambda guess: click.echo(f"estimate: {guess}", err=True),
        **mapping,
    )
    click.echo(
        f"{done.path}: {counted(done.runs, 'run')}, {done.known} known from before, "
        f"{done.without_answer} not possible"
    )
