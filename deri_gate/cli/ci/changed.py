"""`deri-gate ci changed`: which datasets a pull request touches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deri_gate.cli.ci.options import base_option, given_options
from deri_gate.commands.ci import append, as_outputs, changed_datasets
from deri_gate.github.changed import NoGateError
from deri_gate.github.policy import LONGEST_NOTE, note_on
from deri_gate.reports.text import escaped
from deri_gate.runtime.output import defused

if TYPE_CHECKING:
    from deri_gate.github.settings import GateSettings


@click.command("changed")
@base_option
@given_options
def ci_changed_command(base: str, *, given: GateSettings | None) -> None:
    """Name the datasets that a pull request touches, also in $GITHUB_OUTPUT."""
    try:
        touched = changed_datasets(base, given=given)
    except NoGateError as error:
        click.echo(f"nothing is guarded here: {error}", err=True)
        touched = None
    outputs = as_outputs(touched)
    text = "".join(f"{name}={value}\n" for name, value in outputs.items())
    append("GITHUB_OUTPUT", text)
    click.echo(text, nl=False)
    if touched and not touched.datasets and (note := note_on(touched)):  # nobody else says it
        click.echo(note, err=True)
        append("GITHUB_STEP_SUMMARY", f"{defused(escaped(note, LONGEST_NOTE))}\n")
