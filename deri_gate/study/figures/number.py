"""Tables of the number itself: does it fall, under which weights, and does it follow the probes?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.damage.catalogue import HURTS
from deri_gate.errors import DeriGateError
from deri_gate.schemas.impact import AgreementInfo
from deri_gate.schemas.study import HEADLINE
from deri_gate.scoring.pool import EQUAL, PUBLISHED_WEIGHTS
from deri_gate.study.weights.learnt import unlearnt_probes, voting
from deri_gate.study.weights.monotone import Pairs, choices
from deri_gate.study.weights.subscores import read_subscores

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from deri_gate.schemas.impact import Impact, RanksInfo
    from deri_gate.schemas.study import SensitivityDocument
    from deri_gate.scoring.pool import Pool
    from deri_gate.study.pools.beside import StudyFiles

POWERS = (1.0, 0.5, 0.0)
LEAST_SETS = 3  # of fewer, leaving one out says nothing
SUBSCORES = "subscores.parquet"
MARKUP = str.maketrans({sign: f"&#{ord(sign)};" for sign in "\\`*[]#|<>~@&$"})


def tables_of_number(
    pool: Pool, files: StudyFiles, folder: Path, runs: pd.DataFrame | None = None
) -> str:
    """`number.md`: a table for each file of the study that is there; empty for none.

    Args:
        pool: The pool, whose weights are compared.
        files: Documents that lie beside it.
        folder: Where they lie; `subscores.parquet` is looked for there.
        runs: Rows of `read_results`; None where there are none.

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
        if runs is not None and (table := choices_table(runs, subscores, pool.power)):
            tables["Ways to weigh, and sets left out"] = table
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
    pairs = Pairs.of(table)
    rows = [
        [_plain(name), *(f"{sum(pairs.rises(vector, power).values())}" for power in POWERS)]
        for name, vector in weights.items()
    ]
    head = [f"weights ({len(pairs.datasets)} pairs)", *(f"p = {power:g}" for power in POWERS)]
    return _table(head, rows)


def choices_table(runs: pd.DataFrame, subscores: pd.DataFrame, power: float) -> str:
    """A row a way to weigh: what it does, and does on sets that it has not seen.

    Empty where there is nothing to compare: fewer than three sets with probes that learnt
    something and subscores under damage, a geometric mean, or damage that costs the probes nothing.

    Args:
        runs: Rows of `read_results`.
        subscores: Rows of `read_subscores`.
        power: Power of the mean that U is.
    """
    votes = voting(runs, unlearnt_probes(runs))
    both = set(votes["dataset"]) & set(Pairs.of(subscores).datasets)
    if len(both) < LEAST_SETS or not power > 0:
        return ""
    try:
        every = choices(votes, subscores, PUBLISHED_WEIGHTS, power)
    except DeriGateError:  # no damage costs the probes anything
        return ""
    rows = [
        [
            name,
            f"{choice.rises}",
            f"{choice.rises_unseen}",
            *map(_number, (choice.within, choice.within_unseen, choice.between)),
        ]
        for name, choice in every.items()
    ]
    head = ["weights", "do not fall", "left out", "within a set", "left out", "between sets"]
    return _table(head, rows)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


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


def _plain(name: str) -> str:
    """A name from a file, which is no markup, on one line."""
    return "".join(sign if sign.isprintable() else "?" for sign in name).translate(MARKUP)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    line = f"|{'|'.join(['---', *['--:'] * (len(head) - 1)])}|"
    return "\n".join([_row(head), line, *map(_row, rows)]) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
