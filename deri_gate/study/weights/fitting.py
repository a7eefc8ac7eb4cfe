"""Losses of balanced accuracy -> weights, and how sure one can be of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.errors import DeriGateError
from deri_gate.stats.intervals import interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from deri_gate.arrays import FloatArray, IntArray

RESAMPLES, FOLDS = 400, 5  # as in the paper
MIDDLE = (2.5, 97.5)  # percent; the limits of a 95 % interval
FLOORED = "duplicates"
FLOOR = 0.0414  # its published weight


@dataclass(frozen=True, kw_only=True)
class Losses:
    """Cost of each kind of damage, in each cell: a dataset with an architecture.

    Attributes:
        metrics: Ids of the metrics whose damage was tried, sorted.
        cells: Dataset and architecture, sorted.
        delta: Mean change of balanced accuracy over levels, kinds and seeds, below 0 where it
            falls; NaN where the cell has none. Shape (cells, metrics).
    """

    metrics: tuple[str, ...]
    cells: tuple[tuple[str, str], ...]
    delta: FloatArray

    @classmethod
    def of(cls, deltas: pd.DataFrame) -> Losses:
        """Gather the rows of `results.deltas`."""
        wide = deltas.pivot_table(
            index=["dataset", "architecture"], columns="metric", values="delta", aggfunc="mean"
        ).sort_index()
        return cls(
            metrics=tuple(map(str, wide.columns)),
            cells=tuple((str(d), str(a)) for d, a in wide.index),
            delta=wide.to_numpy(dtype=float),
        )


@dataclass(frozen=True, kw_only=True)
class WeightSpread:
    """Spread of a weight over resamples or folds.

    Attributes:
        mean: Over those in which it is defined.
        std: Standard deviation, likewise.
        interval: The middle 95 %.
    """

    mean: float
    std: float
    interval: tuple[float, float]


def mean_delta(delta: FloatArray) -> FloatArray:
    """Mean over the cells that have one, shape (metrics,); NaN where none has."""
    there = np.isfinite(delta)
    count = there.sum(axis=0)
    total = np.where(there, delta, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(1, count), np.nan)


def weights_of(metrics: tuple[str, ...], delta: FloatArray, *, floor: float = FLOOR) -> FloatArray:
    """Weights in proportion to the loss, max(0, -delta), with sum 1.

    Duplicates raise accuracy, for the same image is seen more often, and yet are no merit: they
    get `floor` by decision, taken from the others in proportion, where they would get less.

    Args:
        metrics: Ids, K of them.
        delta: Mean change of balanced accuracy by metric, shape (K,); NaN where unknown.
        floor: Least weight of `duplicates`, where it is known; 0 for none.

    Returns:
        Shape (K,); NaN where the delta is, and everywhere if no damage costs anything.
    """
    loss = np.maximum(0.0, -delta)
    total = np.nansum(loss)
    if not total > 0:
        return np.full(len(delta), np.nan)
    weights = np.asarray(loss / total)
    at = [k for k, name in enumerate(metrics) if name == FLOORED]
    if at and weights[at[0]] < floor:  # False for NaN
        weights = weights * (1 - floor) / (1 - weights[at[0]])
        weights[at[0]] = floor
    return weights


def fitted(losses: Losses, *, floor: float = FLOOR) -> dict[str, float]:
    """The weight of each metric.

    Raises:
        DeriGateError: If no damage lowers balanced accuracy, so that there is nothing to weigh.
    """
    weights = weights_of(losses.metrics, mean_delta(losses.delta), floor=floor)
    if not np.isfinite(weights).any():
        raise DeriGateError(
            "no damage lowers balanced accuracy, so the results say nothing of weights",
            "impact",
            "Train on more images or for more epochs.",
        )
    return dict(zip(losses.metrics, weights.tolist(), strict=True))


def resampled_cells(losses: Losses, *, resamples: int, seed: int) -> list[IntArray]:
    """Rows of `losses.delta` over resamples: datasets drawn with replacement, cells of each along.

    Cells of one dataset are not independent. Of a single dataset its cells are drawn; of a single
    cell there is nothing to draw.
    """
    names = [dataset for dataset, _ in losses.cells]
    units = [np.flatnonzero([name == one for name in names]) for one in dict.fromkeys(names)]
    if len(units) == 1:
        units = [np.array([row]) for row in units[0]]
    if len(units) == 1:
        return []
    generator = np.random.default_rng(seed)
    return [
        np.concatenate([units[i] for i in generator.integers(0, len(units), len(units))])
        for _ in range(resamples)
    ]


def bootstrapped(
    losses: Losses, *, floor: float = FLOOR, resamples: int = RESAMPLES, seed: int
) -> Mapping[str, WeightSpread]:
    """Spread of each weight over resamples of the datasets; empty for a single cell."""
    drawn = resampled_cells(losses, resamples=resamples, seed=seed)
    return _spreads(losses, [losses.delta[rows] for rows in drawn], floor)


def delta_intervals(
    losses: Losses, *, resamples: int = RESAMPLES, seed: int
) -> Mapping[str, tuple[float, float]]:
    """The middle 95 % of each metric's mean change over resamples of the datasets."""
    drawn = resampled_cells(losses, resamples=resamples, seed=seed)
    if not drawn:
        return {}
    means = np.array([mean_delta(losses.delta[rows]) for rows in drawn])
    known = np.isfinite(means).any(axis=0)
    return {metric: interval(means[:, k]) for k, metric in enumerate(losses.metrics) if known[k]}


def cross_validated(
    losses: Losses, *, floor: float = FLOOR, folds: int = FOLDS, seed: int
) -> Mapping[str, WeightSpread]:
    """Spread of each weight over fits that leave out one fold of the cells each.

    With fewer cells than folds each cell is a fold; with one cell there is nothing to leave out.
    """
    count = len(losses.cells)
    order = np.random.default_rng(seed).permutation(count)
    parts = np.array_split(order, min(folds, count))
    rest = [np.setdiff1d(order, part) for part in parts] if count > 1 else []
    return _spreads(losses, [losses.delta[rows] for rows in rest], floor)


def _spreads(losses: Losses, drawn: list[FloatArray], floor: float) -> dict[str, WeightSpread]:
    """Spreads of the metrics that have a weight in some resample."""
    fits = [weights_of(losses.metrics, mean_delta(delta), floor=floor) for delta in drawn]
    weights = np.array(fits).reshape(len(drawn), len(losses.metrics))
    spreads = {}
    for k, metric in enumerate(losses.metrics):
        own = weights[np.isfinite(weights[:, k]), k]
        if own.size:
            low, high = np.percentile(own, MIDDLE)
            spreads[metric] = WeightSpread(
                mean=float(own.mean()), std=float(own.std()), interval=(float(low), float(high))
            )
    return spreads
