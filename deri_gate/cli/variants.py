"""`deri-gate variants`: damaged copies of a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate.cli.choosing import choice_options
from deri_gate.cli.completing import complete_dataset
from deri_gate.cli.options import (
    damage_options,
    name_option,
    reading_options,
    seed_option,
)
from deri_gate.cli.path_name import PathName
from deri_gate.errors import DeriGateError

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.cli.choosing import Choice
    from deri_gate.data.readers.options import ReadKeys


@click.command("variants")
@click.argument("dataset", shell_complete=complete_dataset)
@click.option("--out", type=PathName(), required=True, help="Folder for the variants.")
@damage_options
@reading_options
@name_option
@choice_options
@seed_option
def variants_command(
    dataset: str,
    *,
    out: Path,
    groups: tuple[str, ...],
    levels: tuple[str, ...],
    reading: ReadKeys,
    name: str | None,
    choice: Choice,
    seed: int,
) -> None:
    """Write damaged variants of DATASET to --out/GROUP/LEVEL.

    With --candidates, DATASET is the name of one.
    """
    chosen = choice.one(dataset, name, out)
    if chosen is None:
        return
    keys: ReadKeys = {**reading, **chosen.reading.keys()}
    written = deri_gate.variants(
        chosen.dataset,
        out=out,
        groups=groups or None,
        levels=levels or None,
        name=chosen.name,
        seed=seed,
        **keys,
    )
    for folder in written.folders:
        click.echo(folder)
    for left in written.left_out:
        click.echo(f"left out: {left.group} {left.level}: {left.reason}", err=True)
    if not written.folders:
        raise DeriGateError("no variant could be made", dataset, "See the reasons above.")
