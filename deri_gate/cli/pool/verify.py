"""`deri-gate pool verify`: are these the images that a pool was measured on?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate.cli.machine import machine_options
from deri_gate.cli.pool.options import pool_argument
from deri_gate.reports.text import printable

if TYPE_CHECKING:
    from deri_gate.runtime.engine import Machine

FAILED = 1


@click.command("verify")
@pool_argument
@click.argument("datasets", nargs=-1, required=True)
@machine_options
def pool_verify_command(pool: str, datasets: tuple[str, ...], *, machine: Machine) -> None:
    """Hold images and labels of DATASETS against the fingerprints in POOL.

    NAME=DATASET names the dataset as in the pool. Exit status: 0 if all of the pool are given and
    the same, 1 otherwise.
    """
    members = deri_gate.pool_verify(pool, datasets, machine=machine)
    for member in members:
        said = (
            member.found[:16]
            if member.state == "same"
            else f"{member.expected[:16]} {member.found[:16]}"
        )
        click.echo(
            f"{member.state:8} {printable(member.name, 30):30} {member.images:>7,} images  {said}"
        )
    if any(member.state != "same" for member in members):
        raise click.exceptions.Exit(FAILED)
