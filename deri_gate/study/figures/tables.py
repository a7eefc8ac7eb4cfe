"""The numbers of `impact.json`, as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.runtime.spreadsheet import csv_text
from deri_gate.schemas.base import rounded
from deri_gate.study.weights.results import FIGURES

if TYPE_CHECKING:
    from deri_gate.runtime.spreadsheet import TableCell
    from deri_gate.schemas.impact import AgreementInfo, Impact


def impact_table(impact: Impact) -> str:
    """`impact.csv`: a row a metric, heaviest first."""
    head = ["metric", "delta", "delta_low", "delta_high", "weight", "low", "high"]
    rows: list[list[TableCell]] = []
    for metric, group in impact.groups.items():
        change = [group.delta_balanced_accuracy, *(group.delta_interval or (None, None))]
        weight = [group.weight, *(group.interval or (None, None))]
        numbers = [*change, *weight, group.published_weight]
        rows.append([metric, *(rounded(v, 4) for v in numbers)])
    return csv_text([*head, "published_weight"], rows)


def deltas_table(impact: Impact) -> str:
    """`deltas.csv`: a row a metric, architecture and figure: what damage costs."""
    rows: list[list[TableCell]] = []
    for metric, group in impact.groups.items():
        for architecture, deltas in group.by_architecture.items():
            for figure in FIGURES:
                own = getattr(deltas, figure)
                numbers = (own.mean, *(own.interval or (None, None)))
                rows.append(
                    [metric, architecture, figure, *(rounded(v, 3) for v in numbers), deltas.runs]
                )
    return csv_text(["metric", "architecture", "figure", "mean", "low", "high", "runs"], rows)


def spearman_table(agreement: AgreementInfo) -> str:
    """`spearman.csv`: a row a subscore or U, and a kind of rank correlation."""
    rows: list[list[TableCell]] = []
    every = {f"U {name}": own for name, own in agreement.spearman.items()} | agreement.subscores
    for name, own in every.items():
        for kind in ("overall", "within", "between"):
            between = getattr(own.intervals, kind, None) or (None, None)
            rows.append([name, kind, *(rounded(v, 3) for v in (getattr(own, kind), *between))])
    return csv_text(["of", "kind", "spearman", "low", "high"], rows)
