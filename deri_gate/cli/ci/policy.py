"""`deri-gate ci policy`: suite and pool as the base has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deri_gate.cli.ci.options import base_option, given_options
from deri_gate.cli.options import out_option
from deri_gate.commands.ci import lay_out_policy

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.github.settings import GateSettings


@click.command("policy")
@base_option
@out_option
@given_options
def ci_policy_command(base: str, *, out: Path, given: GateSettings | None) -> None:
    """Write suite and pool of the base to --out/policy; say if they were changed."""
    _, laid = lay_out_policy(base, out=out, given=given)
    click.echo(f"suite: {laid.suite or 'shipped'}")
    click.echo(f"limits on changes: {laid.change_suite or 'shipped'}")
    click.echo(f"pool: {laid.pool or 'that of the profile'}")
    if laid.note:
        click.echo(laid.note)
