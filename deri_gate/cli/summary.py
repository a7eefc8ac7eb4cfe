"""`deri-gate summary`: few numbers of a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate.cli.path_name import PathName

if TYPE_CHECKING:
    from pathlib import Path


@click.command("summary")
@click.argument("pool", type=PathName(file_okay=False))
def summary_command(pool: Path) -> None:
    """Summarise the study of POOL, a pool's folder; write summary.json and two tables."""
    document = deri_gate.summary(pool)
    for name, value in document.DERI1000.items():
        click.echo(f"{name:24} DERI1000 {'none' if value is None else f'{value:.0f}'}")
    click.echo(pool / "summary.json")
