"""`impact.csv`: a row a metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.runtime.spreadsheet import csv_text

if TYPE_CHECKING:
    from deri_gate.runtime.spreadsheet import TableCell
    from deri_gate.schemas.impact import Impact


def impact_table(impact: Impact) -> str:
    """`impact.csv`: a row a metric, heaviest first."""
    head = ["metric", "delta", "weight", "low", "high", "published_weight"]
    rows: list[list[TableCell]] = []
    for metric, group in impact.groups.items():
        low, high = group.interval or ("", "")
        published = group.published_weight
        rows.append([metric, group.delta_balanced_accuracy, group.weight, low, high, published])
    return csv_text(head, rows)
