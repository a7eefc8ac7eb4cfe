"""Printing of a report by `check` and `compare`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import click

from deri_gate import reports
from deri_gate.cli.exits import exit_status
from deri_gate.cli.measuring import quiet_option, without_bars
from deri_gate.cli.options import gathered
from deri_gate.github.annotation_file import anchor_here
from deri_gate.reports.words import Detail
from deri_gate.runtime.output import annotate, paint
from deri_gate.schemas.metrics import NOT_ASKED
from deri_gate.schemas.statuses import Status

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.cli.exits import FailOn
    from deri_gate.commands.measure import MeasuringKeys
    from deri_gate.reports.report import Report


class FormatName(click.ParamType):  # type: ignore[type-arg]  # generic in newer versions alone
    """Name of an output format, of ours or of an installed package."""

    name = "text|json|markdown|github|gitlab|sarif|junit|croissant|card|PLUGIN"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """Take a known name; a plugin that cannot be loaded is said now, not after minutes."""
        ours = [form.name for form in reports.formats.BUILT_IN]  # no search of all packages
        if value not in ours and value not in (names := reports.formats.format_names()):
            self.fail(f"{value!r} is not one of {', '.join(names)}.", param, ctx)
        return reports.formats.format_named(str(value)).name


format_option = click.option(
    "--format",
    "form",
    type=FormatName(),
    default="text",
    show_default=True,
    metavar=FormatName.name,  # or click writes it in capitals, which are no format
    help="Format of standard output.",
)


@dataclass(frozen=True, kw_only=True)
class Printing:
    """Format and amount of text of a printed report, and the verdict that is a failure.

    Attributes:
        fail_on: Lowest verdict that exits with 1.
        form: Name of an output format.
        detail: Amount of text.
    """

    fail_on: FailOn
    form: str
    detail: Detail

    @classmethod
    def of(cls, *, fail_on: FailOn, form: str, verbose: bool, quiet: bool) -> Self:
        """Make the record of the options.

        Raises:
            UsageError: If both more and less text is asked for.
        """
        if verbose and quiet:
            raise click.UsageError("--verbose and --quiet contradict each other")
        detail = Detail.FULL if verbose else Detail.QUIET if quiet else Detail.NORMAL
        return cls(fail_on=fail_on, form=form, detail=detail)

    def with_bars(self, measuring: MeasuringKeys) -> MeasuringKeys:
        """The keywords for a run with this amount of text: a quiet one draws no bars."""
        return without_bars(measuring) if self.detail is Detail.QUIET else measuring

    def show(
        self,
        report: Report,
        dataset: str,
        suite: str | None = None,
        *,
        page_folder: Path | None = None,
    ) -> None:
        """Print the report; its page lies beside its files unless said."""
        if self.form == "text":  # the only one that knows of the screen
            screen = reports.screen.screen_of(sys.stdout)
            folder = page_folder or report.folder
            paint(
                reports.terminal.as_text(report, screen=screen, detail=self.detail, folder=folder)
            )
            return
        form = reports.formats.format_named(self.form)
        if form.located is not None:
            click.echo(form.located(report, anchor_here(dataset, suite)), nl=False)
            return
        if form.annotations is not None:
            annotate(form.annotations(report, anchor_here(dataset, suite)))
        click.echo(reports.formats.rendered(report, form), nl=False)

    def exit_status(self, report: Report) -> int:
        """Exit status by the verdict."""
        return exit_status(report.verdict, self.fail_on)


printing_options = gathered(
    "printing",
    Printing.of,
    click.option(
        "--fail-on",
        type=click.Choice(["fail", "warn", "never"]),
        default="fail",
        show_default=True,
        help="Lowest verdict that exits with 1.",
    ),
    format_option,
    click.option(
        "-v", "--verbose", is_flag=True, help="Show all limits, metrics and reasons as text."
    ),
    quiet_option("verdict and next step alone as text"),
)


def why_unknown(report: Report, dataset: str, *, told: bool = False) -> str:
    """Reason that the gate could not judge, its place, and what to do; empty if it could.

    Args:
        report: What could not be judged.
        dataset: Name of the dataset, as it was given.
        told: Whether it was said before that metrics were not asked for; it is not said again.
    """
    where = reports.text.printable(dataset)
    if report.verdict is not Status.UNKNOWN:
        return ""
    for check in report.checks:
        metric = report.metrics.metrics.get(check.metric)
        why = metric.reason if metric and metric.reason else check.detail or "it was not measured"
        why = why.rstrip(".")
        if check.status is Status.UNKNOWN and not (told and why == NOT_ASKED):
            limit = reports.units.words_of(check)
            return (
                f"{where}: could not judge {limit!r}: {why}. Mend that, or use a suite that does "
                f"not ask for it ({_suites_without(report)})."
            )
    return "" if told else f"{where}: no limit could be judged. Give a suite by --suite."


def _suites_without(report: Report) -> str:
    """Options that give another suite; metrics of the data alone help with explanations alone."""
    explain = {metric.name for metric in report.profile.metrics if metric.explains}
    unknown = {check.metric for check in report.checks if check.status is Status.UNKNOWN}
    return "--metrics data, --suite FILE" if unknown <= explain else "--suite FILE"
