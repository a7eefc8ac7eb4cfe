"""`deri-gate ci fetch`: files that DVC tracks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deri_gate.cli.ci.options import base_option, given_options
from deri_gate.commands.ci_fetch import fetch

if TYPE_CHECKING:
    from deri_gate.github.settings import GateSettings


@click.command("fetch")
@click.argument("names", nargs=-1)
@base_option
@given_options
def ci_fetch_command(names: tuple[str, ...], *, base: str, given: GateSettings | None) -> None:
    """Fetch the DVC-tracked files of the datasets NAMES, of head and base."""
    for line in fetch(names, base, given=given):
        click.echo(line)
