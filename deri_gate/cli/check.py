"""`deri-gate check`: the options, one call, the verdict as exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate import commands, reports
from deri_gate.cli.completing import complete_dataset, complete_suite
from deri_gate.cli.measuring import measuring_options
from deri_gate.cli.options import suite_writing_options
from deri_gate.cli.printing import printing_options, why_unknown
from deri_gate.cli.reporting import params_option, reporting_options
from deri_gate.errors import SettingError
from deri_gate.gate import loaded_ahead
from deri_gate.reports.text import printable
from deri_gate.runtime.counts import listed

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.cli.options import SuiteWriting
    from deri_gate.cli.printing import Printing
    from deri_gate.cli.reporting import ReportKeys
    from deri_gate.commands.measure import MeasuringKeys
    from deri_gate.reports.report import Report

OF_CHANGE = ("difference", "change")  # columns about the base, which nothing is written of


@click.command("check")
@click.argument("dataset", shell_complete=complete_dataset)
@click.option(
    "--base",
    metavar="DATASET",
    shell_complete=complete_dataset,
    help="Earlier state to compare with, such as git:main:PATH.",
)
@params_option
@click.option(
    "--change-suite",
    metavar="SUITE",
    shell_complete=complete_suite,
    help="With --base: limits on the change. Default: the shipped ones.",
)
@click.option(
    "--suite",
    metavar="SUITE",
    shell_complete=complete_suite,
    help="Limits: name of a shipped suite, or a file. Default: the shipped ones.",
)
@reporting_options
@measuring_options
@printing_options
@suite_writing_options
def check_command(
    dataset: str,
    *,
    base: str | None,
    params: Path | None,
    suite: str | None,
    change_suite: str | None,
    reporting: ReportKeys,
    measuring: MeasuringKeys,
    printing: Printing,
    writing: SuiteWriting,
) -> None:
    """Measure, score and judge DATASET; write the report to --out."""
    told: list[str] = []
    if params is not None:
        reporting = {**reporting, "name": reporting["name"] or dataset}
        dataset, measuring = _from_params(params, dataset, measuring)

    def announce(text: str) -> None:
        told.append(text)
        click.echo(f"deri-gate: {text}", err=True)

    if change_suite is not None and base is None:
        raise SettingError("limits a change, and there is none", "--change-suite", "Add --base.")
    writing.check(dataset)
    with loaded_ahead():
        report = deri_gate.check(
            dataset,
            base=base,
            suite=suite,
            change_suite=change_suite,
            announce=announce,
            **reporting,
            **printing.with_bars(measuring),
        )
        printing.show(report, dataset, suite)
        _write_suite(report, writing)
    if why := why_unknown(report, dataset, told=bool(told)):
        click.echo(f"deri-gate: {why}", err=True)
    raise SystemExit(printing.exit_status(report))


def _from_params(params: Path, dataset: str, measuring: MeasuringKeys) -> tuple[str, MeasuringKeys]:
    """Path and settings of a dataset that a parameter file names."""
    staged = commands.staged.staged_dataset(dataset, params)
    settings: MeasuringKeys = {**measuring, **staged.reading}
    if staged.review is not None and settings.get("review") is None:
        settings["review"] = staged.review
    return staged.path, settings


def _write_suite(report: Report, writing: SuiteWriting) -> None:
    if writing.write_suite is None:
        return
    path = reports.suite_file.write_suite(
        report, writing.write_suite, false_alarms=writing.false_alarms, force=writing.force
    )
    click.echo(f"wrote {path}", err=True)
    failed = dict.fromkeys(
        printable(check.row or check.name)
        for check in report.checks
        if check.status == "fail" and check.column not in OF_CHANGE
    )
    if failed:
        told = (
            f"the dataset itself fails in {listed(list(failed))}: what was written lets as much "
            "pass. Mend it, and write the limits again."
        )
        click.echo(f"deri-gate: {told}", err=True)
