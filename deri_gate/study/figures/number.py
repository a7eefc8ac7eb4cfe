"""Tables of the number itself: does it fall, under which weights, and does it follow the probes?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.damage.catalogue import HURTS
from deri_gate.schemas.impact import AgreementInfo
from deri_gate.scoring.pool import EQUAL
from deri_gate.scoring.yardstick import power_mean
from deri_gate.study.figures.damage import HEADLINE
from deri_gate.study.weights.subscores import VARIANT, read_subscores

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from deri_gate.arrays import FloatArray
    from deri_gate.schemas.impact import Impact, RanksInfo
    from deri_gate.schemas.study import SensitivityDocument
    from deri_gate.scoring.pool import Pool
    from deri_gate.study.pools.beside import StudyFiles

STRONG, UNDAMAGED = "strong", "baseline"  # in the table of subscores
POWERS = (1.0, 0.5, 0.0)
BY_ROUNDING = 1e-9  # points of U that a mean of the same values may differ by
SUBSCORES = "subscores.parquet"
MARKUP = str.maketrans({sign: f"&#{ord(sign)};" for sign in "\\`*[]#|<>~@&$"})


def tables_of_number(pool: Pool, files: StudyFiles, folder: Path) -> str:
    """`number.md`: a table for each file of the study that is there; empty for none.

    Args:
        pool: The pool, whose weights are compared.
        files: Documents that lie beside it.
        folder: Where they lie; `subscores.parquet` is looked for there.

    Raises:
        SettingError: If that file is not what its name says.
    """
    tables: dict[str, str] = {}
    if files.sensitivity is not None:
        tables["DERI1000 under the strongest damage"] = falls_table(files.sensitivity)
    if (folder / SUBSCORES).exists():
        every = {**pool.other_weights, EQUAL: dict.fromkeys(pool.weights, 1.0)}
        subscores = read_subscores(folder / SUBSCORES)
        tables["Pairs in which U does not fall, by power p"] = rises_table(subscores, every)
    if files.impact is not None and isinstance(files.impact.agreement, AgreementInfo):
        tables["Rank correlation of U with balanced accuracy"] = ranks_table(files.impact)
    return "\n".join(f"## {title}\n\n{table}" for title, table in tables.items())


def falls_table(sensitivity: SensitivityDocument) -> str:
    """A row a group of damage at its strongest level: in how many datasets DERI1000 falls."""
    rows = []
    for group, levels in sensitivity.matrix.items():
        cell = levels[list(levels)[-1]].get(HEADLINE) if levels else None
        if group not in HURTS or cell is None or cell.falls is None:
            continue
        if cell.median_change is not None and cell.highest is not None:
            count = f"{round(cell.falls * cell.pairs)} of {cell.pairs}"
            change = (f"{cell.median_change:+.0f}", f"{cell.highest:+.0f}")
            rows.append([f"`{group}`", count, *change])
    return _table(["damage", "falls", "median", "highest"], rows)


def rises_table(table: pd.DataFrame, weights: Mapping[str, Mapping[str, float]]) -> str:
    """A row a set of weights: pairs of dataset and strong damage in which U does not fall.

    Args:
        table: Subscores, see `read_subscores`; damage of a dataset without its baseline is
            left out.
        weights: By name, the weight of each metric.
    """
    names = [name for name in table.columns if name not in VARIANT]
    plain = table[table["group"] == UNDAMAGED].set_index("dataset")
    damaged = table[(table["level"] == STRONG) & table["dataset"].isin(plain.index)]
    before = np.asarray(plain.loc[damaged["dataset"].tolist(), names], dtype=float)
    after = damaged[names].to_numpy(dtype=float)
    rows = [
        [
            _plain(name),
            *(f"{rises(before, after, _vector(weight, names), power)}" for power in POWERS),
        ]
        for name, weight in weights.items()
    ]
    head = [f"weights ({len(damaged)} pairs)", *(f"p = {power:g}" for power in POWERS)]
    return _table(head, rows)


def rises(before: FloatArray, after: FloatArray, weights: FloatArray, power: float) -> int:
    """Rows in which U does not fall, over the metrics that both have, shape (N, K) each."""
    shared = np.where(np.isfinite(after), before, np.nan)
    change = power_mean(after, weights, power) - power_mean(shared, weights, power)
    return int((change >= -BY_ROUNDING).sum())


def ranks_table(impact: Impact) -> str:
    """A row a set of weights: rank correlation of U with the probes' balanced accuracy."""
    if not isinstance(impact.agreement, AgreementInfo):
        return impact.agreement.reason
    rows = [
        [_plain(name), *(_rank(ranks, kind) for kind in ("overall", "within", "between"))]
        for name, ranks in impact.agreement.spearman.items()
    ]
    return _table(["weights", "all variants", "within a set", "between sets"], rows)


def _rank(ranks: RanksInfo, kind: str) -> str:
    """A rank correlation with its interval over the datasets; a dash for none."""
    value, between = getattr(ranks, kind), getattr(ranks.intervals, kind, None)
    if value is None:
        return "-"
    return f"{value:.2f}" + ("" if between is None else " ({:.2f} to {:.2f})".format(*between))


def _vector(own: Mapping[str, float], names: Sequence[str]) -> FloatArray:
    return np.array([own.get(name, 0.0) for name in names])


def _plain(name: str) -> str:
    """A name from a file, which is no markup, on one line."""
    return "".join(sign if sign.isprintable() else "?" for sign in name).translate(MARKUP)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    line = f"|{'|'.join(['---', *['--:'] * (len(head) - 1)])}|"
    return "\n".join([_row(head), line, *map(_row, rows)]) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
