"""Printing of a report by `check` and `compare`."""

from __future__ import annotations

from typing import Any

import click

from deri_gate import reports
from deri_gate.github.annotation_file import anchor_here
from deri_gate.runtime.output import annotate
from deri_gate.schemas.base import as_json
from deri_gate.schemas.statuses import Status


def show_report(report: Any, form: str, dataset: str, suite: str | None) -> None:
    """Print a report in the form that was asked for."""
    if form == "json":
        document = reports.documents.scores_document(report.scored, report.judgement)
        click.echo(as_json(document), nl=False)
        return
    if form == "github":
        annotate(reports.github.commands_of(report, file=anchor_here(dataset, suite)))
    click.echo(_rendered(report, form), nl=False)


def _rendered(report: Any, form: str) -> str:
    if form == "text":
        return reports.terminal.as_text(report)
    if form in ("markdown", "github"):
        return reports.markdown.as_markdown(report)
    return reports.formats.rendered_by_plugin(report, form)


def why_unknown(report: Any, dataset: str) -> str:
    """Reason that the gate could not judge, its place, and what to do."""
    check = next(check for check in report.checks if check.status is Status.UNKNOWN)
    found = report.metrics.metrics.get(check.metric)
    why = found.reason if found and found.reason else check.detail or "it was not measured"
    where = reports.text.printable(dataset)
    return (
        f"{where}: could not judge {check.name!r}: {why}. Mend the dataset, or use a "
        "suite that does not ask for it (--metrics data, --suite FILE)."
    )
