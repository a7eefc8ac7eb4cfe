"""Blocks of the report in Markdown that open at a click."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.reports.tables import markdown_row
from deri_gate.reports.tally import ADVICE_BY_LOOK, suspects_by_look
from deri_gate.reports.text import code, percent
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.reports.report import Report

MOST_NAMES = 10  # of images in a block


def folded_block(title: str, lines: Sequence[str], count: int, before: str = "") -> str:
    """A block that opens at a click; `count` is of how many the lines are the first."""
    more = [f"* and {count - len(lines)} more"] if count > len(lines) else []
    inside = "\n\n".join(part for part in (before, "\n".join([*lines, *more])) if part)
    return f"<details><summary>{title}</summary>\n\n{inside}\n\n</details>"


def look_blocks(report: Report) -> list[str]:
    """Images that look odd, a block a reason."""
    return [
        folded_block(
            f"{reason.replace('_', ' ').capitalize()}: {counted(len(names), 'suspect')}",
            [f"* {code(name)}" for name in names[:MOST_NAMES]],
            len(names),
            ADVICE_BY_LOOK,
        )
        for reason, names in suspects_by_look(report.table).items()
    ]


def masks_block(report: Report) -> list[str]:
    """A row a class: how far its explanations lie on the masks, beside what chance would give."""
    info = report.metrics.masks
    if info is None or info.figures is None:
        return []
    heads = ("class", "images", "rank accuracy", "mass accuracy", "positive ratio", "by chance")
    named = {**{code(k): v for k, v in info.per_class.items()}, "all": info.figures}
    rows = [
        (name, str(f.images), *(percent(v) for v in (f.rank_accuracy, f.mass_accuracy,
                                                       f.positive_ratio, f.area)))
        for name, f in list(named.items())[-MOST_NAMES:]
    ]  # fmt: skip
    table = [markdown_row(heads), "|---|--:|--:|--:|--:|--:|", *map(markdown_row, rows)]
    return [folded_block("Explanations against masks", table, len(table))]
