"""Results of `deri-gate ci check` and `ci drift`: printed, and as exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deri_gate.cli.exits import PASSED, exit_status
from deri_gate.gate.records import verdict_on
from deri_gate.runtime.output import annotate

if TYPE_CHECKING:
    from deri_gate.commands.ci import JudgedDataset


def show_and_stop(done: list[JudgedDataset]) -> None:
    """Annotations and reports, then the exit status of the worst verdict."""
    for outcome in done:
        annotate(outcome.annotations)
        click.echo(outcome.text)
    raise SystemExit(
        exit_status(verdict_on(outcome.status for outcome in done)) if done else PASSED
    )
