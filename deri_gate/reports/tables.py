"""Tables as aligned text or as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.reports.text import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Cells = tuple[str, ...]


def aligned(rows: Sequence[Cells], *, left: int = 1) -> str:
    """A table for terminals: the first columns on the left, numbers on the right.

    Args:
        rows: Head and rows, of one length.
        left: Number of columns that are names.
    """
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def markdown_table(rows: Sequence[Cells]) -> str:
    """A table as GitHub shows it: a column of names, then numbers; every cell is plain text."""
    head, *rest = ([*map(escaped, row)] for row in rows)
    rule = ["---", *("--:" for _ in head[1:])]
    return "\n".join(map(markdown_row, (head, rule, *rest)))


def markdown_row(cells: Iterable[str]) -> str:
    """A row of such a table; the cells are Markdown."""
    return f"| {' | '.join(cells)} |"
