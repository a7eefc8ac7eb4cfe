"""Print the tables of docs/deri1000.md: does the headline fall, by damage and by weights?

    python reference_pool/headline.py reference_pool/standard

Reads the pool's pool.json, sensitivity.json, subscores.parquet and impact.json.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.runtime.strict import validated
from deri_gate.schemas.impact import AgreementInfo, Impact
from deri_gate.schemas.study import SensitivityDocument
from deri_gate.scoring.pool import EQUAL, read_pool
from deri_gate.scoring.yardstick import power_mean
from deri_gate.study.weights.subscores import VARIANT, read_subscores

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from deri_gate.arrays import FloatArray
    from deri_gate.schemas.impact import RanksInfo

STRONG, BASELINE, HEADLINE = "strong", "baseline", "DERI1000"
POWERS = (1.0, 0.5, 0.0)
BY_ROUNDING = 1e-9  # points of U that a mean of the same values may differ by


def main() -> None:
    """Read four documents, print three tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="the pool's")
    folder = parser.parse_args().folder
    pool = read_pool(folder / "pool.json")
    sensitivity = validated((folder / "sensitivity.json").read_bytes(), SensitivityDocument)
    impact = validated((folder / "impact.json").read_bytes(), Impact)
    every = {**pool.other_weights, EQUAL: dict.fromkeys(pool.weights, 1.0)}
    print(falls(sensitivity))
    print(by_weights(read_subscores(folder / "subscores.parquet"), every))
    print(spearman(impact))


def falls(sensitivity: SensitivityDocument) -> str:
    """A row a group of damage at its strongest level: in how many datasets DERI1000 falls."""
    rows = []
    for group, levels in sensitivity.matrix.items():
        cell = levels[list(levels)[-1]].get(HEADLINE) if levels else None
        if cell is not None and cell.falls is not None:
            count = f"{round(cell.falls * cell.pairs)} of {cell.pairs}"
            rows.append([f"`{group}`", count, f"{cell.median_change:+.0f}", f"{cell.highest:+.0f}"])
    return _table(["damage", "falls", "median", "highest"], rows)


def by_weights(table: pd.DataFrame, weights: Mapping[str, Mapping[str, float]]) -> str:
    """A row a set of weights: pairs of dataset and strong damage in which U does not fall."""
    names = [name for name in table.columns if name not in VARIANT]
    damaged = table[table["level"] == STRONG]
    before = _undamaged(table, damaged["dataset"].tolist(), names)
    after = damaged[names].to_numpy(dtype=float)
    rows = [
        [name, *(f"{rises(before, after, _vector(own, names), power)}" for power in POWERS)]
        for name, own in weights.items()
    ]
    head = [f"weights ({len(damaged)} pairs)", *(f"p = {power:g}" for power in POWERS)]
    return _table(head, rows)


def rises(before: FloatArray, after: FloatArray, weights: FloatArray, power: float) -> int:
    """Rows in which U does not fall, over the metrics that both have, shape (N, K) each."""
    shared = np.where(np.isfinite(after), before, np.nan)
    change = power_mean(after, weights, power) - power_mean(shared, weights, power)
    return int((change >= -BY_ROUNDING).sum())


def spearman(impact: Impact) -> str:
    """A row a set of weights: rank correlation of U with the probes' balanced accuracy."""
    if not isinstance(impact.agreement, AgreementInfo):
        return impact.agreement.reason
    rows = [
        [name, *(_rank(ranks, kind) for kind in ("overall", "within", "between"))]
        for name, ranks in impact.agreement.spearman.items()
    ]
    return _table(["weights", "all variants", "within a set", "between sets"], rows)


def _rank(ranks: RanksInfo, kind: str) -> str:
    """A rank correlation with its interval over the datasets; a dash for none."""
    value, between = getattr(ranks, kind), getattr(ranks.intervals, kind, None)
    if value is None:
        return "-"
    return f"{value:.2f}" + ("" if between is None else " ({:.2f} to {:.2f})".format(*between))


def _undamaged(table: pd.DataFrame, datasets: Sequence[str], names: Sequence[str]) -> FloatArray:
    plain = table[table["group"] == BASELINE].set_index("dataset")
    return np.asarray(plain.loc[list(datasets), list(names)], dtype=float)


def _vector(own: Mapping[str, float], names: Sequence[str]) -> FloatArray:
    return np.array([own.get(name, 0.0) for name in names])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    line = f"|{'|'.join(['---', *['--:'] * (len(head) - 1)])}|"
    return "\n".join([_row(head), line, *map(_row, rows)]) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
