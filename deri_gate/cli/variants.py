"""`deri-gate variants`: damaged copies of a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate.cli.completing import complete_dataset
from deri_gate.cli.options import (
    damage_options,
    name_option,
    reading_options,
    seed_option,
)
from deri_gate.errors import DeriGateError

if TYPE_CHECKING:
    from deri_gate.data.readers.options import ReadKeys


@click.command("variants")
@click.argument("dataset", shell_complete=complete_dataset)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder for the variants."
)
@damage_options
@reading_options
@name_option
@seed_option
def variants_command(
    dataset: str,
    *,
    out: Path,
    groups: tuple[str, ...],
    levels: tuple[str, ...],
    reading: ReadKeys,
    name: str | None,
    seed: int,
) -> None:
    """Write damaged variants of DATASET to --out/GROUP/LEVEL."""
    written = deri_gate.variants(
        dataset,
        out=out,
        groups=groups or None,
        levels=levels or None,
        name=name,
        seed=seed,
        **reading,
    )
    for folder in written.folders:
        click.echo(folder)
    for one in written.left_out:
        click.echo(f"left out: {one.group} {one.level}: {one.reason}", err=True)
    if not written.folders:
        raise DeriGateError("no variant could be made", dataset, "See the reasons above.")
