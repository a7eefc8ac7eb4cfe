"""The tables of the report on a terminal: limits, metrics and suspects, a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from deri_gate.reports.advice import ADVICE
from deri_gate.reports.lines import limit_text, metric_lines, seen_text
from deri_gate.reports.page_parts import full_sentence
from deri_gate.reports.screen import GAP, columns, cut, status_cell
from deri_gate.reports.tally import ADVICE_BY_LOOK
from deri_gate.reports.text import LONGEST_TEXT, printable
from deri_gate.reports.words import Detail, status_text
from deri_gate.schemas.statuses import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.table import Table

    from deri_gate.gate.records import Check
    from deri_gate.reports.lines import Line
    from deri_gate.reports.report import Report
    from deri_gate.reports.screen import Screen

LONGEST_ROW = 36  # characters of the name of what a limit is about
MOST_NAMED = 3  # images that look odd, a reason
ROOMY = 100  # columns from which on intervals and weights have a place
HEADS: tuple[str, ...] = ("metric", "value", "subscore", "weight", "status", "suspects")
CHANGE_HEADS: tuple[str, ...] = ("metric", "base", "head", "difference", "status", "suspects")
NUMBERS = {"value", "base", "head", "subscore", "weight", "suspects"}  # aligned on the right


def checks_table(checks: Sequence[Check], screen: Screen, *, detail: Detail) -> Table | None:
    """A line a limit: status, what it is about, the number that is held against it, the limit.

    At full detail the reason of the limit stands below it. None without limits.
    """
    if not checks:
        return None
    table = columns("", "", "", "", right=(2,), spread=3)
    before = [_before_limit(check) for check in checks]
    taken = sum(max(text.cell_len for text in column) + GAP for column in zip(*before, strict=True))
    for check, cells in zip(checks, before, strict=True):
        table.add_row(*cells, _limit(check, detail, screen.width - taken))
        reason = check.reason if check.reason != check.detail else ""
        if detail is Detail.FULL and reason and check.status is not Status.PASS:
            table.add_row("", "", "", Text(printable(reason, LONGEST_TEXT), style="dim"))
    return table


def _before_limit(check: Check) -> tuple[Text, Text, Text]:
    """Status, what the limit is about, and the number that is held against it."""
    seen = seen_text(check) if check.status is not Status.NOT_LOOKED_AT else ""
    name = Text(printable(check.row or check.name, LONGEST_ROW))
    return status_cell(check.status, status_text(check)), name, Text(seen)


def _limit(check: Check, detail: Detail, room: int) -> Text:
    """The limit and what is said of it, cut where the screen ends; but no limit is cut itself."""
    limit = Text(printable(limit_text(check), LONGEST_TEXT) if check.row else "")
    said = printable(check.detail, LONGEST_TEXT)
    text = ": ".join(part for part in (limit.plain, said) if part)
    if detail is Detail.FULL:
        return Text(text)
    return limit if limit.cell_len + bool(said) > room else cut(text)


def metrics_table(report: Report, screen: Screen) -> Table:
    """A line a metric, with its base where there is one; less where the screen is narrow."""
    heads = CHANGE_HEADS if report.change else HEADS
    if screen.width < ROOMY:
        heads = tuple(head for head in heads if head not in {"weight", "suspects"})
    right = [i for i, head in enumerate(heads) if head in NUMBERS]
    table = columns(*heads, right=right, spread=heads.index("difference") if report.change else 0)
    for line in metric_lines(report):
        cells = {
            "metric": cut(line.metric.name),
            "value": Text(line.value),
            "base": Text(line.base),
            "head": Text(line.value),
            "difference": cut(line.difference),
            "subscore": Text(line.subscore),
            "weight": Text(line.weight),
            "status": status_cell(line.status, line.status or ""),
            "suspects": Text(str(line.suspects or "")),
        }
        table.add_row(*(cells[head] for head in heads))
    return table


def suspects_table(
    lines: Sequence[Line], by_look: Mapping[str, Sequence[str]], leaked: Sequence[str]
) -> Table | None:
    """A line a metric with suspects: their number, and the worst; advice below. None without any.

    Metrics that miss a limit come first, then copies in other splits, and last what looks odd.
    """
    order = sorted(
        (line for line in lines if line.worst),
        key=lambda line: -(line.status.rank if line.status else 0),
    )
    if not order and not by_look and not leaked:
        return None
    table = columns("", "", "", right=(1,), spread=2)
    for line in order:
        _add_suspects(table, line.metric.name, line.worst, line.suspects)
        changed = "" if line.changed is None else f"{line.changed:,} of them changed."
        told = (line.metric.advice, line.note, changed)
        said = " ".join(full_sentence(part) for part in told if part)
        table.add_row("", "", Text(said, style="dim"))
    if leaked:
        _add_suspects(table, "leaked_copies", leaked[:MOST_NAMED], len(leaked))
        table.add_row("", "", Text(ADVICE["leaked_copies"], style="dim"))
    for reason, names in by_look.items():
        _add_suspects(table, reason, names[:MOST_NAMED], len(names))
    if by_look:
        table.add_row("", "", Text(ADVICE_BY_LOOK, style="dim"))
    return table


def _add_suspects(table: Table, reason: str, names: Sequence[str], count: int) -> None:
    more = f" and {count - len(names)} more" * (count > len(names))
    listed = ", ".join(printable(name) for name in names)
    table.add_row(Text(reason), Text(f"{count:,}"), cut(listed + more))
