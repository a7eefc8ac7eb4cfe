"""`deri-gate summary`: few numbers of a pool."""

from __future__ import annotations

from pathlib import Path

import click

import deri_gate


@click.command("summary")
@click.argument("pool", type=click.Path(path_type=Path, file_okay=False))
def summary_command(pool: Path) -> None:
    """Summarise the study of POOL, a pool's folder; write summary.json and two tables."""
    document = deri_gate.summary(pool)
    for name, value in document.DERI1000.items():
        click.echo(f"{name:24} DERI1000 {'none' if value is None else f'{value:.0f}'}")
    click.echo(pool / "summary.json")
