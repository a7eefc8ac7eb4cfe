"""`deri-gate pool draw`: pictures of a pool's study."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate.cli.path_name import PathName
from deri_gate.cli.pool.options import pool_argument

if TYPE_CHECKING:
    from pathlib import Path


@click.command("draw")
@pool_argument
@click.option(
    "--out",
    type=PathName(),
    help="Folder for pictures and tables. Default: `figures` beside the pool.",
)
def pool_draw_command(pool: str, *, out: Path | None) -> None:
    """Draw the study beside POOL: weights, damage, probes, rank correlations; and their tables.

    POOL is a shipped pool's name, a folder, or a file.
    """
    for path in deri_gate.pool_draw(pool, out=out):
        click.echo(path)
