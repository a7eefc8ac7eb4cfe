"""`deri-gate report`: a folder, one call, the verdict as exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate.cli.completing import complete_folder
from deri_gate.cli.exits import FailOn, exit_status
from deri_gate.cli.formats import format_option
from deri_gate.cli.options import fail_on_option, pictures_option, plots_option
from deri_gate.cli.path_name import PathName
from deri_gate.cli.printing import detail_options, show_report

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.reports.words import Detail


@click.command("report")
@click.argument("folder", metavar="DIR", type=PathName(), shell_complete=complete_folder)
@click.option(
    "--out",
    type=PathName(),
    help="Folder for the rendered files. Default: DIR itself.",
)
@pictures_option
@plots_option
@fail_on_option
@format_option
@detail_options
def report_command(
    folder: Path,
    *,
    out: Path | None,
    pictures: str | None,
    plots: bool,
    fail_on: FailOn,
    form: str,
    detail: Detail,
) -> None:
    """Render the report in DIR again from its JSON and parquet files.

    Writes summary.md, junit.xml, report.html and subscores.csv. No image is read. The exit status
    is that of the verdict in DIR.
    """
    report = deri_gate.report(folder, out=out or "", pictures=pictures, plots=plots)
    show_report(report, form, report.metrics.dataset.name, None, detail, page_folder=out)
    raise SystemExit(exit_status(report.verdict, fail_on))
