"""Files of the matrix: for programs, as a table, and the subscores behind it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from deri_gate.damage import SCENARIOS, VARIANTS
from deri_gate.damage.catalogue import ALL_LEVELS, HURTS
from deri_gate.gate.records import Status
from deri_gate.runtime.spreadsheet import csv_text
from deri_gate.schemas.base import PoolInfo, ProfileInfo, rounded
from deri_gate.schemas.metrics import NOT_ASKED
from deri_gate.schemas.study import (
    HEADLINE,
    AlarmInfo,
    CellInfo,
    OwnCellInfo,
    SensitivityDataset,
    SensitivityDocument,
    SkippedInfo,
    UnmeasuredInfo,
)
from deri_gate.study.sensitivity.cases import RESAMPLE, UNDAMAGED
from deri_gate.study.sensitivity.headline import headline_cells
from deri_gate.study.sensitivity.matrix import cells, detection_rates, false_alarms, is_variant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.metrics.base import Metric
    from deri_gate.runtime.spreadsheet import TableCell
    from deri_gate.schemas.study import SensitivityBudget
    from deri_gate.study.sensitivity.cases import Case, CaseBench
    from deri_gate.study.sensitivity.matrix import Cell, Place

GROUPS = list(dict.fromkeys(variant.group for variant in (*VARIANTS, *SCENARIOS)))
BASELINE = ("baseline", "none")  # group and level of the undamaged dataset in a table of probes
COLUMNS = ("group", "level", "metric", "own", "pairs", "falls", "further", "median_change",
           "highest")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SkippedCase:
    """A variant that a dataset does not allow."""

    dataset: str
    group: str
    level: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """Outcomes of all cases, and the settings of their measurement.

    Attributes:
        fingerprints: Fingerprint of each dataset as it was measured, by name.
        cases: In the order of datasets, then of the catalogue.
        left_out: The variants that could not be made, with reasons.
        metrics: The columns of the matrix: those asked for, in report order.
        bench: Profile and pool.
        budget: The settings that decide how much was measured.
    """

    fingerprints: Mapping[str, str]
    cases: Sequence[Case]
    left_out: Sequence[SkippedCase]
    metrics: Sequence[Metric]
    bench: CaseBench
    budget: SensitivityBudget

    @cached_property
    def cells(self) -> dict[Place, Cell]:
        """The matrix, with a column for DERI1000."""
        own = cells(self.cases, self.metrics)
        return own | headline_cells(self.cases, self.bench.pool, self.metrics)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the matrix' columns."""
        return (*(metric.name for metric in self.metrics), HEADLINE)


def sensitivity_document(sensitivity: Sensitivity) -> SensitivityDocument:
    """`sensitivity.json`: the diagonal under `groups`, all of it under `matrix`."""
    bench, cases = sensitivity.bench, sensitivity.cases
    matrix, alarms = sensitivity.cells, false_alarms(cases)
    places = _places(sensitivity)
    return SensitivityDocument(
        schema_version=1,
        datasets=tuple(_dataset(case, sensitivity) for case in cases if case.group == UNDAMAGED),
        profile=ProfileInfo(name=bench.profile.name, hash=bench.profile.hash),
        pool=PoolInfo(name=bench.pool.name, hash=bench.pool.hash),
        numbers=bench.pool.numbers_hash,
        budget=sensitivity.budget,
        groups={
            group: {
                level: _own(matrix.get((group, level, HURTS.get(group, "")))) for level in levels
            }
            for group, levels in places.items()
        },
        matrix={
            group: {level: _row(group, level, matrix, sensitivity.columns) for level in levels}
            for group, levels in places.items()
        },
        false_alarms=rounded(alarms.share),
        resamples=alarms.cases,
        alarms=tuple(_alarm(case) for case in cases if _alarms(case)),
        detection=_detected(sensitivity, places),
        left_out=tuple(
            SkippedInfo(
                dataset=skipped.dataset,
                group=skipped.group,
                level=skipped.level,
                reason=skipped.reason,
            )
            for skipped in sensitivity.left_out
        ),
        unmeasured=_unmeasured(sensitivity),
    )


def _detected(
    sensitivity: Sensitivity, places: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, float | None]]:
    """Share of variants that fail the gate, by group and level; None where none was made."""
    rates = detection_rates(sensitivity.cases)
    return {
        group: {
            level: rounded(rates[group, level].share) if (group, level) in rates else None
            for level in levels
        }
        for group, levels in places.items()
    }


def sensitivity_table(sensitivity: Sensitivity) -> str:
    """`sensitivity.csv`: a row a cell of the matrix."""
    rows: list[list[TableCell]] = []
    for (group, level, metric), cell in sorted(sensitivity.cells.items(), key=_in_order):
        numbers = (cell.falls, cell.further, cell.median_change, cell.highest)
        own = int(metric == HURTS.get(group))
        rows.append([group, level, metric, own, cell.pairs, *map(_field, numbers)])
    return csv_text(COLUMNS, rows)


def subscores_table(sensitivity: Sensitivity) -> pd.DataFrame:
    """`subscores.parquet`: a row a dataset and variant, a column a metric, 0 to 100 or null.

    Named as in the tables of `deri-gate probe`, so that both can be joined; resamples are left out.
    """
    names = [metric.name for metric in sensitivity.metrics]
    rows = [
        (case.dataset, *_as_probed(case), *(case.outcome.subscores.get(name) for name in names))
        for case in sensitivity.cases
        if case.group != RESAMPLE
    ]
    table = pd.DataFrame(rows, columns=["dataset", "group", "level", *names])
    return table.astype(dict.fromkeys(names, float))


def _as_probed(case: Case) -> tuple[str, str]:
    return BASELINE if case.group == UNDAMAGED else (case.group, case.level)


def _places(sensitivity: Sensitivity) -> dict[str, list[str]]:
    """Levels by group, for which a variant was made or tried, in the order of the catalogue."""
    tried = {(c.group, c.level) for c in sensitivity.cases if is_variant(c)}
    tried |= {(skipped.group, skipped.level) for skipped in sensitivity.left_out}
    places: dict[str, list[str]] = {}
    for variant in (*VARIANTS, *SCENARIOS):
        if (variant.group, variant.level) in tried:
            places.setdefault(variant.group, []).append(variant.level)
    return places


def _in_order(item: tuple[Place, Cell]) -> tuple[int, int]:
    """Groups as in the catalogue, levels from mild to strong; metrics keep their order."""
    (group, level, _), _ = item
    return GROUPS.index(group), ALL_LEVELS.index(level)


def _dataset(case: Case, sensitivity: Sensitivity) -> SensitivityDataset:
    return SensitivityDataset(
        name=case.dataset,
        fingerprint=sensitivity.fingerprints[case.dataset],
        images=case.measured.images,
        classes=case.measured.classes,
        DERI1000=rounded(case.outcome.deri1000),
        verdict=case.outcome.verdict,
    )


def _own(cell: Cell | None) -> OwnCellInfo:
    if cell is None:
        return OwnCellInfo(pairs=0, falls=None, further=None, median_change=None, against=())
    return OwnCellInfo(**_numbers(cell).model_dump(), against=tuple(cell.against))


def _numbers(cell: Cell) -> CellInfo:
    return CellInfo(
        pairs=cell.pairs,
        falls=rounded(cell.falls),
        further=rounded(cell.further),
        median_change=rounded(cell.median_change),
        highest=rounded(cell.highest),
    )


def _row(
    group: str, level: str, matrix: Mapping[Place, Cell], columns: Sequence[str]
) -> dict[str, CellInfo | None]:
    row = {name: matrix.get((group, level, name)) for name in columns}
    return {name: None if cell is None else _numbers(cell) for name, cell in row.items()}


def _alarms(case: Case) -> bool:
    return not is_variant(case) and case.outcome.verdict is Status.FAIL


def _alarm(case: Case) -> AlarmInfo:
    return AlarmInfo(
        dataset=case.dataset, resample=case.level or None, checks=tuple(case.outcome.missed)
    )


def _unmeasured(sensitivity: Sensitivity) -> tuple[UnmeasuredInfo, ...]:
    """Metrics without an answer on some case, other than for not having been asked for."""
    return tuple(
        UnmeasuredInfo(
            dataset=case.dataset,
            group=case.group,
            level=case.level,
            metric=metric,
            reason=reason,
        )
        for case in sensitivity.cases
        for metric, reason in case.measured.reasons.items()
        if reason != NOT_ASKED
    )


def _field(number: float | None) -> str:
    return "" if number is None else f"{number:.9g}"
