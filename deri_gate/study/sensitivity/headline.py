"""DERI1000 under damage: the column that the matrix of subscores lacks."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from deri_gate.schemas.study import HEADLINE
from deri_gate.scoring.plain import deri1000_of
from deri_gate.study.sensitivity.cases import UNDAMAGED
from deri_gate.study.sensitivity.matrix import Cell, is_variant, levels_below

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.metrics.base import Metric
    from deri_gate.scoring.pool import Pool
    from deri_gate.study.sensitivity.cases import Case
    from deri_gate.study.sensitivity.matrix import Place


def headline_cells(
    cases: Sequence[Case], pool: Pool, metrics: Sequence[Metric]
) -> dict[Place, Cell]:
    """Effect of each damage at each level on DERI1000, over all datasets.

    Both sides are scored over the metrics that both have: a variant that was not explained is
    compared with the score of the undamaged dataset without explanations.

    Args:
        cases: The undamaged datasets among them; variants of a dataset without are left out.
        pool: Against which both are scored.
        metrics: In the definitions that the values were measured with.
    """
    known = {case.dataset: case for case in cases if case.group == UNDAMAGED}
    changes = {
        (case.group, case.level, case.dataset): change
        for case in cases
        if is_variant(case) and case.dataset in known
        if (change := _change(known[case.dataset], case, pool, metrics)) is not None
    }
    places = dict.fromkeys((group, level) for group, level, _ in changes)
    return {(group, level, HEADLINE): _cell(changes, group, level) for group, level in places}


def _change(base: Case, case: Case, pool: Pool, metrics: Sequence[Metric]) -> float | None:
    both = [
        m
        for m in metrics
        if base.measured.values.get(m.name) is not None
        and case.measured.values.get(m.name) is not None
    ]
    before, after = (
        deri1000_of({m.name: one.measured.values[m.name] for m in both}, pool, metrics=tuple(both))
        for one in (base, case)
    )
    return None if before is None or after is None else after - before


def _cell(changes: dict[tuple[str, str, str], float], group: str, level: str) -> Cell:
    own = {name: change for (g, k, name), change in changes.items() if (g, k) == (group, level)}
    steps = [change - before for name, change in own.items()
             if (before := _milder(changes, group, level, name)) is not None]  # fmt: skip
    return Cell(
        pairs=len(own),
        falls=sum(change < 0 for change in own.values()) / len(own),
        further=sum(step < 0 for step in steps) / len(steps) if steps else None,
        median_change=float(median(own.values())),
        highest=max(own.values()),
        against=tuple(name for name, change in own.items() if not change < 0),
    )


def _milder(
    changes: dict[tuple[str, str, str], float], group: str, level: str, name: str
) -> float | None:
    """The change at the nearest milder level that was measured."""
    milder = levels_below(level)
    return next((changes[group, k, name] for k in milder if (group, k, name) in changes), None)
