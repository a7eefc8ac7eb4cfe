"""`impact.csv`: a row a metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.runtime.spreadsheet import csv_text

if TYPE_CHECKING:
    from deri_gate.runtime.spreadsheet import TableCell
    from deri_gate.schemas.impact import Impact


def impact_table(impact: Impact) -> str:
    """`impact.csv`: a row a metric, heaviest first."""
    head = ["metric", "delta", "delta_low", "delta_high", "weight", "low", "high"]
    rows: list[list[TableCell]] = []
    for metric, group in impact.groups.items():
        change = [group.delta_balanced_accuracy, *(group.delta_interval or (None, None))]
        weight = [group.weight, *(group.interval or (None, None))]
        numbers = [*change, *weight, group.published_weight]
        rows.append([metric, *(None if v is None else float(f"{v:.4g}") for v in numbers)])
    return csv_text([*head, "published_weight"], rows)
