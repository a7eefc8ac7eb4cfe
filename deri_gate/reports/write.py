"""The files of a report, each whole or not there at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.reports.changes import change_document, leaks_document
from deri_gate.reports.documents import scores_document, subscores_document
from deri_gate.reports.drifts import drift_document
from deri_gate.reports.junit import as_junit
from deri_gate.reports.markdown import as_markdown
from deri_gate.reports.page import all_scenes, as_page
from deri_gate.reports.page_file import page_document
from deri_gate.reports.plots.collect import write_plots
from deri_gate.reports.runs import run_document
from deri_gate.reports.values import in_place_of_others
from deri_gate.runtime.files import write_text
from deri_gate.runtime.ownership import VALUES
from deri_gate.runtime.spreadsheet import csv_text
from deri_gate.runtime.table_files import write_table
from deri_gate.schemas.base import as_json, as_one_line

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.reports.report import Report

RENDERED = ("summary.md", "junit.xml", "report.html", "subscores.csv")


def write_report(report: Report, out: Path, *, plots: bool = False) -> None:
    """All files of a report; `scores.json`, which carries the verdict, comes last.

    Of two runs at once the folder holds the report of the one that ends last, and no mixture.
    Where one cannot be written, as on a full disk, none is kept that tells a verdict or a value.

    Args:
        report: The report.
        out: Folder for the files.
        plots: Whether each plot is written as SVG and PNG, too: `plots/svg`, `plots/png`.
    """
    with in_place_of_others(out):
        _write_files(report, out, plots=plots)


def _write_files(report: Report, out: Path, *, plots: bool) -> None:
    write_table(report.table, out / "images.parquet")
    write_text(as_json(report.metrics), out / VALUES)
    write_text(as_json(subscores_document(report.scored, report.pool)), out / "subscores.json")
    write_text(as_json(report.validation), out / "validation.json")
    write_rendered(report, out, plots=plots)
    write_text(as_json(run_document(report.run)), out / "run.json")
    write_text(as_one_line(page_document(report)), out / "page.json")
    if report.drift is not None:
        write_text(as_json(drift_document(report.drift)), out / "drift.json")
    if report.change is not None:
        write_text(as_json(change_document(report.change)), out / "changes.json")
    if report.leaks is not None and len(report.leaks.splits) > 1:
        write_text(as_json(leaks_document(report.leaks)), out / "leaks.json")
    if report.sufficiency is not None:
        write_text(as_json(report.sufficiency), out / "sufficiency.json")
    write_text(as_json(scores_document(report.scored, report.judgement)), out / "scores.json")


def write_rendered(report: Report, out: Path, *, plots: bool = False) -> None:
    """The files that are made from the others: for people, for CI systems, for plots.

    Args:
        report: The report.
        out: Folder for the files.
        plots: Whether each plot is written as SVG and PNG, too: `plots/svg`, `plots/png`.
    """
    if plots:
        write_plots(all_scenes(report).values(), out / "plots")
    write_text(_subscores_table(report), out / "subscores.csv")
    write_text(as_markdown(report), out / "summary.md")
    write_text(as_junit(report), out / "junit.xml")
    write_text(as_page(report), out / "report.html")


def _subscores_table(report: Report) -> str:
    """`subscores.csv`: a row a metric, for plots and spreadsheets."""
    scored = subscores_document(report.scored, report.pool)
    values = report.metrics.metrics
    rows = [(name, values[name].value, score) for name, score in scored.subscores.items()]
    return csv_text(("metric", "value", "subscore"), rows)
