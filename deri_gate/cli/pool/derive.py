"""`deri-gate pool derive`: a pool of some of the datasets of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate.cli.path_name import PathName
from deri_gate.cli.pool.options import pool_argument
from deri_gate.reports.text import printable

if TYPE_CHECKING:
    from pathlib import Path


@click.command("derive")
@pool_argument
@click.option(
    "--where",
    multiple=True,
    required=True,
    metavar="CONDITION",
    help="Such as domain=pathology, images>=1000 or name!=mednist_64. Repeatable: all must fit.",
)
@click.option(
    "--out",
    type=PathName(),
    required=True,
    help="Folder of the new pool; its last part is the name.",
)
def pool_derive_command(pool: str, *, where: tuple[str, ...], out: Path) -> None:
    """Write a pool of those datasets of POOL that meet every condition.

    POOL is a shipped pool's name, a folder, or a file. Nothing is measured.
    """
    derived = deri_gate.pool_derive(pool, where=where, out=out)
    for name, why in derived.left_out.items():
        click.echo(f"left out: {printable(name)}: {printable(why)}", err=True)
    click.echo(f"pool {printable(derived.name)} {derived.hash}: {len(derived.datasets)} datasets")
