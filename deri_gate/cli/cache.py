"""`deri-gate cache`: what earlier runs have kept."""

from __future__ import annotations

from typing import Literal

import click

import deri_gate


@click.command("cache")
@click.argument("action", type=click.Choice(["info", "clear"]))
def cache_command(action: Literal["info", "clear"]) -> None:
    """Show or delete the cached results of earlier runs."""
    usage = deri_gate.cache(action)
    click.echo(f"deleted, {usage}" if action == "clear" else str(usage))
