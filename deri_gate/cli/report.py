"""`deri-gate report`: a folder, one call, the verdict as exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate.cli.completing import complete_folder
from deri_gate.cli.options import pictures_option, plots_option
from deri_gate.cli.path_name import PathName
from deri_gate.cli.printing import printing_options

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.cli.printing import Printing


@click.command("report")
@click.argument("folder", metavar="DIR", type=PathName(), shell_complete=complete_folder)
@click.option(
    "--out",
    type=PathName(),
    help="Folder for the rendered files. Default: DIR itself.",
)
@pictures_option
@plots_option
@printing_options
def report_command(
    folder: Path,
    *,
    out: Path | None,
    pictures: str | None,
    plots: bool,
    printing: Printing,
) -> None:
    """Render the report in DIR again from its JSON and parquet files.

    Writes summary.md, junit.xml, report.html and subscores.csv. No image is read. The exit status
    is that of the verdict in DIR.
    """
    report = deri_gate.report(folder, out=out or "", pictures=pictures, plots=plots)
    printing.show(report, report.metrics.dataset.name, page_folder=out)
    raise SystemExit(printing.exit_status(report))
