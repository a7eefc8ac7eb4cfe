"""`deri-gate plugins`: metrics, readers and formats."""

from __future__ import annotations

import click

import deri_gate


@click.command("plugins")
def plugins_command() -> None:
    """List metrics, readers and formats, and the package that brings each."""
    for part in deri_gate.plugins():
        click.echo(f"{part.kind:8}{part.name:20}{part.origin}")
