"""A report in a notebook: three lines as text, the first screen as HTML, suspects as a table."""

from __future__ import annotations

import sys
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from deri_gate.errors import SettingError, did_you_mean
from deri_gate.reports.advice import advice_on
from deri_gate.reports.headline import headline_of
from deri_gate.reports.lines import limit_text, missed_once, seen_text
from deri_gate.reports.terminal import as_text, counts_text
from deri_gate.reports.text import LONGEST_TEXT, limits_text, number, printable, whole
from deri_gate.reports.words import status_text, verdict_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.reports.pictures.encoding import Thumbnail
    from deri_gate.reports.report import Report

MOST_LIMITS, MOST_ROWS = 12, 100
COLOURS = {"pass": "#1a7f37", "warn": "#9a6700", "fail": "#cf222e", "unknown": "#8250df"}
BEFORE = ("path", "label", "suggested_label", "suggested_probability")  # columns that come first
AFTER = ("nearest_images", "duplicate_group", "suspect_for")
HEAD = "<head>"
BASE = '<base href="about:srcdoc">'  # else links within the page lead to the notebook's address
FRAME = (
    '<div><iframe sandbox="allow-scripts" style="width:100%;height:40rem;border:1px solid #8884" '
    'title="deri-gate report" srcdoc="{page}"></iframe></div>'
)


def as_brief(report: Report) -> str:
    """Three lines: verdict, score, and what was found."""
    scored = report.scored
    score = f"{scored.title} {whole(scored.deri1000)}{limits_text(scored.interval)}"
    verdict = verdict_words(report)
    return "\n".join(
        [
            f"{printable(report.metrics.dataset.name)}: {verdict} ({counts_text(report)})",
            f"{score}, U {number(scored.u, 3)} of 100",
            printable(headline_of(report).text, LONGEST_TEXT),
        ]
    )


def as_first_screen(report: Report) -> str:
    """Verdict, score, findings, missed limits and the place of the page, as HTML of a notebook.

    There is no script and no address in it, and every text is escaped.
    """
    colour = COLOURS[report.verdict]
    name, score, verdict = map(escape, as_brief(report).splitlines())
    rows = "".join(
        f"<tr>{''.join(f'<td style=text-align:left>{escape(cell)}</td>' for cell in cells)}</tr>"
        for cells in _missed_rows(report)
    )
    table = f"<table><tbody>{rows}</tbody></table>" if rows else ""
    more = len(missed_once(report)) - MOST_LIMITS
    also = f"<p>and {more} more</p>" if more > 0 else ""
    place = "" if report.folder is None else printable(str(report.folder / "report.html"), 400)
    end = f"<p>All of it: <code>{escape(place)}</code>, or <code>.show()</code></p>"
    if not place:
        end = "<p>All of it: <code>.show()</code></p>"
    head = f'<p style="border-left:.4em solid {colour};padding-left:.6em">'
    return f"<div>{head}<b>{name}</b><br>{score}<br>{verdict}</p>{table}{also}{end}</div>"


def _missed_rows(report: Report) -> list[tuple[str, ...]]:
    return [
        (
            status_text(check),
            printable(check.row or check.name),
            seen_text(check),
            printable(limit_text(check)) if check.row else "",
            advice_on(check),
        )
        for check in missed_once(report)[:MOST_LIMITS]
    ]


class SuspectTable(pd.DataFrame):
    """A table of images that a notebook shows with their pictures.

    So are the tables that are made of it, such as its first rows, as long as they have its paths.
    """

    _metadata = ["pictures"]  # noqa: RUF012  # pandas asks for a list
    pictures: Mapping[str, Thumbnail] = MappingProxyType({})

    @property
    def _constructor(self) -> type[SuspectTable]:
        return SuspectTable

    def _repr_html_(self) -> str:
        if "path" not in self.columns:
            return str(pd.DataFrame(self).to_html(max_rows=MOST_ROWS))
        shown = self.head(MOST_ROWS)
        heads = "".join(
            f'<th scope="col">{escape(str(name))}</th>' for name in ("", *shown.columns)
        )
        place = list(shown.columns).index("path")
        rows = "".join(f"<tr>{self._row(row, place)}</tr>" for row in shown.itertuples(index=False))
        more = len(self) - len(shown)
        end = f"<p>and {more} more</p>" if more else ""
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{end}"

    def _row(self, row: tuple[Any, ...], place: int) -> str:
        thumbnail = self.pictures.get(str(row[place]))
        picture = (
            f'<img alt="" style="max-width:8em" src="{thumbnail.address}">' if thumbnail else ""
        )
        cells = (picture, *(escape(_cell(value)) for value in row))
        return "".join(f"<td style=text-align:left>{cell}</td>" for cell in cells)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return number(value)
    return "" if value is pd.NA or value is None else printable(str(value))


def suspects_of(report: Report, metric: str) -> SuspectTable:
    """A row a suspect of a metric, worst first: path, label, its value, and what is suggested.

    Raises:
        SettingError: If there is no such metric.
    """
    known = list(report.metrics.metrics)
    if metric not in known:
        raise SettingError(f"there is no metric {metric!r}", "metric", did_you_mean(metric, known))
    images = report.images
    reasons = images["suspect_for"].fillna("").str.split("|")
    rows = images[[metric in reason for reason in reasons]]
    place = {name: i for i, name in enumerate(report.worst.get(metric, ()))}
    order = rows["path"].map(lambda name: place.get(name, len(place)))
    columns = [
        name for name in (*BEFORE, metric, *AFTER)
        if name in rows and name != "suspect_for" and (rows.empty or rows[name].notna().any())
    ]  # fmt: skip
    ranked = rows.loc[order.sort_values(kind="stable").index, columns]
    table = SuspectTable(ranked.reset_index(drop=True))
    thumbnails = report.gallery.thumbnails.items()
    table.pictures = {ref.id: one for ref, one in thumbnails if ref.side == "head"}
    return table


def framed(report: Report) -> str:
    """The page in a frame of its own, from which it reaches nothing around it."""
    page = report.to_html().replace(HEAD, f"{HEAD}{BASE}", 1)
    return FRAME.format(page=escape(page))


def show(report: Report) -> None:
    """Show the page in a notebook, in a frame of its own; the text on a terminal."""
    shell = sys.modules.get("IPython")
    if shell is None or shell.get_ipython() is None or not hasattr(shell.get_ipython(), "kernel"):
        sys.stdout.write(as_text(report, folder=report.folder))
        return
    display = sys.modules["IPython.display"]
    display.display(display.HTML(framed(report)))
