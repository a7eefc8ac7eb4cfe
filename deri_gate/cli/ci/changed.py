"""`deri-gate ci changed`: which datasets a pull request touches."""

from __future__ import annotations

from typing import Any

import click

from deri_gate.cli.ci.options import base_option, given_options, settings_given
from deri_gate.commands.ci import append, as_outputs, changed_datasets
from deri_gate.github.changed import NoGateError


@click.command("changed")
@base_option
@given_options
def ci_changed_command(base: str, **settings: Any) -> None:
    """Name the datasets that a pull request touches, also in $GITHUB_OUTPUT."""
    try:
        found = changed_datasets(base, given=settings_given(settings))
    except NoGateError as error:
        click.echo(f"nothing is guarded here: {error}", err=True)
        found = None
    outputs = as_outputs(found)
    text = "".join(f"{name}={value}\n" for name, value in outputs.items())
    append("GITHUB_OUTPUT", text)
    click.echo(text, nl=False)
