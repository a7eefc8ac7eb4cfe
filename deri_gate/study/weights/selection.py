"""Selection of the most typical candidates as the pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.errors import SettingError
from deri_gate.networks.budget import BASELINE
from deri_gate.runtime.spreadsheet import csv_text
from deri_gate.stats.spread import scaled_mad
from deri_gate.study.weights.learnt import unlearnt_probes, voting
from deri_gate.study.weights.results import FIGURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from deri_gate.arrays import FloatArray
    from deri_gate.runtime.spreadsheet import TableCell

LEAST_SPREAD = 0.01  # of a figure: candidates that differ by less differ by chance
COLUMNS = ("rank", "dataset", "distance", *FIGURES, "chosen")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A dataset that may become part of the pool.

    Attributes:
        name: Name of the dataset.
        figures: Means over architectures and seeds, by `FIGURES`, 0 to 1; None where no probe that
            learnt something has one.
        distance: From the candidates' median, in spreads, 0 or more; smaller is more typical.
            None without any figure, and then it comes last.
        chosen: Whether it is among those that form the pool.
    """

    name: str
    figures: tuple[float | None, ...]
    distance: float | None
    chosen: bool


def ranked_candidates(
    results: pd.DataFrame, names: Sequence[str], *, select: int
) -> tuple[Candidate, ...]:
    """The candidates, most typical first; the first `select` of them are chosen.

    Figures of probes that learnt nothing do not count: they say nothing of a dataset.

    Args:
        results: Rows of `results.read_results`; those of other datasets are not looked at.
        names: Names of the candidates.
        select: How many form the pool; all when there are fewer.

    Raises:
        SettingError: If the results say nothing of a candidate.
    """
    baseline = results[results["group"] == BASELINE]
    if unknown := sorted(set(names) - set(baseline["dataset"])):
        raise SettingError(
            f"there is no baseline of {', '.join(unknown)}",
            "--results",
            "Run `deri-gate probe` on it, under the same --name.",
        )
    votes = voting(baseline, unlearnt_probes(results))
    means = votes.groupby("dataset")[list(FIGURES)].mean().astype(float)
    figures = means.reindex(sorted(names)).to_numpy(dtype=float)
    known = zip(sorted(names), figures, distances(figures), strict=True)
    order = sorted(known, key=lambda one: (np.nan_to_num(one[2].round(9), nan=np.inf), one[0]))
    return tuple(
        Candidate(
            name=name,
            figures=tuple(map(_number, own)),
            distance=_number(distance),
            chosen=place < select,
        )
        for place, (name, own, distance) in enumerate(order)
    )


def distances(figures: FloatArray) -> FloatArray:
    """Distance of each candidate from the median of all.

    The root of the mean square over the figures that a candidate has, each in spreads: 1.4826
    times the median absolute deviation over the candidates, at least `LEAST_SPREAD`. A figure
    that is missing, such as an AUC when the validation images lack a class, counts neither for
    nor against.

    Args:
        figures: Shape (candidates, figures); NaN where there is none.

    Returns:
        Shape (candidates,), 0 or more; NaN for a candidate without any figure.
    """
    there = np.isfinite(figures)
    z = np.zeros(figures.shape)
    for k in range(figures.shape[1]):
        column = figures[there[:, k], k]
        if column.size:
            centre = np.median(column)
            spread = max(float(scaled_mad(column)), LEAST_SPREAD)
            z[there[:, k], k] = (column - centre) / spread
    count = there.sum(axis=1)
    mean = (z**2).sum(axis=1) / np.maximum(count, 1)
    return np.where(count > 0, np.sqrt(mean), np.nan)


def selection_table(candidates: Sequence[Candidate]) -> str:
    """`selection.csv`: a row a candidate, most typical first."""
    rows: list[list[TableCell]] = []
    for rank, candidate in enumerate(candidates, start=1):
        numbers = [
            "" if v is None else f"{v:.4g}" for v in (candidate.distance, *candidate.figures)
        ]
        rows.append([rank, candidate.name, *numbers, int(candidate.chosen)])
    return csv_text(COLUMNS, rows)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
