"""Results of `deri-gate ci check` and `ci drift`: printed, and as exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deri_gate.cli.exits import FAILED, NOT_JUDGED, PASSED
from deri_gate.runtime.output import annotate

if TYPE_CHECKING:
    from deri_gate.commands.ci import JudgedDataset


def show_and_stop(done: list[JudgedDataset]) -> None:
    """Annotations and reports, then the status of the worst."""
    for one in done:
        annotate(one.annotations)
        click.echo(one.text)
    statuses = {one.status for one in done}
    failed = FAILED if "fail" in statuses else PASSED
    raise SystemExit(NOT_JUDGED if "unknown" in statuses else failed)
