"""Results of `deri-gate ci check` and `ci drift`: printed, and as exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deri_gate import reports
from deri_gate.cli.exits import PASSED, exit_status
from deri_gate.gate.records import verdict_on
from deri_gate.reports.text import LONGEST_TEXT, printable
from deri_gate.runtime.output import annotate

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.commands.ci import JudgedDataset


def show_and_stop(done: list[JudgedDataset], out: Path) -> None:
    """Annotations and reports, then the exit status of the worst verdict.

    Args:
        done: What became of each dataset.
        out: The folder with a folder of reports each; a page that is there is named.
    """
    for outcome in done:
        annotate(outcome.annotations)
        page = out / outcome.name / reports.terminal.PAGE
        place = f"Report   {printable(str(page), LONGEST_TEXT)}\n" if page.is_file() else ""
        click.echo(outcome.text + place)
    raise SystemExit(
        exit_status(verdict_on(outcome.status for outcome in done)) if done else PASSED
    )
