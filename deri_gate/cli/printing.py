"""Printing of a report by `check` and `compare`."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from deri_gate import reports
from deri_gate.cli.options import gathered
from deri_gate.github.annotation_file import anchor_here
from deri_gate.reports.words import Detail
from deri_gate.runtime.output import annotate, paint
from deri_gate.schemas.metrics import NOT_ASKED
from deri_gate.schemas.statuses import Status

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.commands.measure import MeasuringKeys


def detail_of(*, verbose: bool, quiet: bool) -> Detail:
    """Amount of text by the two options.

    Raises:
        UsageError: If both are given.
    """
    if verbose and quiet:
        raise click.UsageError("--verbose and --quiet contradict each other")
    return Detail.FULL if verbose else Detail.QUIET if quiet else Detail.NORMAL


detail_options = gathered(
    "detail",
    detail_of,
    click.option(
        "-v", "--verbose", is_flag=True, help="Show all limits, metrics and reasons as text."
    ),
    click.option(
        "-q",
        "--quiet",
        is_flag=True,
        help="Show verdict and next step alone as text, no progress bars.",
    ),
)


def as_told(measuring: MeasuringKeys, detail: Detail) -> MeasuringKeys:
    """The keywords for a run with this amount of text: a quiet one draws no bars."""
    machine = measuring["machine"]
    quiet = replace(machine, progress=False) if detail is Detail.QUIET else machine
    return {**measuring, "machine": quiet}


def show_report(
    report: Any,
    name: str,
    dataset: str,
    suite: str | None,
    detail: Detail,
    *,
    page_folder: Path | None = None,
) -> None:
    """Print a report in the format of this name; its page lies beside its files unless said."""
    if name == "text":  # the only one that knows of the screen
        screen = reports.screen.screen_of(sys.stdout)
        folder = page_folder or report.folder
        told = reports.terminal.as_text(report, screen=screen, detail=detail, folder=folder)
        paint(told)
        return
    form = reports.formats.format_named(name)
    if form.located is not None:
        click.echo(form.located(report, anchor_here(dataset, suite)), nl=False)
        return
    if form.annotations is not None:
        annotate(form.annotations(report, anchor_here(dataset, suite)))
    click.echo(reports.formats.rendered(report, form), nl=False)


def why_unknown(report: Any, dataset: str, *, told: bool = False) -> str:
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
        if check.status is Status.UNKNOWN and not (told and why == NOT_ASKED):
            limit = reports.units.words_of(check)
            return (
                f"{where}: could not judge {limit!r}: {why}. Mend the dataset, or use a "
                "suite that does not ask for it (--metrics data, --suite FILE)."
            )
    return "" if told else f"{where}: no limit could be judged. Give a suite by --suite."
