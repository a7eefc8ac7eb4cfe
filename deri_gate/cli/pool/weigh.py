"""`deri-gate pool weigh`: the weights that follow from a pool's study."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate.cli.path_name import PathName
from deri_gate.cli.pool.options import pool_argument
from deri_gate.reports.text import printable

if TYPE_CHECKING:
    from pathlib import Path


@click.command("weigh")
@pool_argument
@click.option(
    "--subscores",
    type=PathName(),
    metavar="FILE",
    help="The subscores.parquet of `deri-gate sensitivity`. Default: the one beside the pool.",
)
@click.option(
    "--numbers",
    type=PathName(),
    metavar="FILE",
    help="FILE for the part of the pool that numbers depend on: all but its texts.",
)
@click.option(
    "--out",
    type=PathName(),
    required=True,
    help="Folder of the pool that is written. The pool's own folder replaces its file.",
)
def pool_weigh_command(
    pool: str, *, subscores: Path | None, numbers: Path | None, out: Path
) -> None:
    """Write POOL with the weights `monotone`, under which U falls most reliably with damage.

    POOL is a shipped pool's name, a folder, or a file. Nothing is measured, no score changes.
    """
    weighed = deri_gate.pool_weigh(pool, out=out, subscores=subscores, numbers=numbers)
    names = ", ".join(map(printable, weighed.pool.other_weights))
    click.echo(f"pool {printable(weighed.pool.name)} {weighed.pool.hash}: weights {names}")
    if weighed.reason:
        click.echo(f"no weights `monotone`: {weighed.reason}", err=True)
