"""Cost of the damage to each metric, its weight, and how sure both are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.schemas.base import rounded_finite, rounded_pair
from deri_gate.schemas.impact import (
    ArchitectureChange,
    FigureChange,
    GroupImpact,
    SpreadInfo,
)
from deri_gate.scoring.pool import PUBLISHED_WEIGHTS
from deri_gate.stats.intervals import interval
from deri_gate.study.weights.fitting import (
    FOLDS,
    Losses,
    bootstrapped,
    cross_validated,
    delta_intervals,
    fitted,
    mean_delta,
    resampled_cells,
)

if TYPE_CHECKING:
    import pandas as pd

    from deri_gate.study.weights.fitting import WeightSpread


def group_impacts(
    changes: pd.DataFrame, *, floor: float, resamples: int, seed: int
) -> dict[str, GroupImpact]:
    """Weigh each metric by what its damage costs, heaviest first.

    Args:
        changes: Rows of `results.deltas`, of probes that learnt something.
        floor: Least weight of `duplicates`.
        resamples: Number of resamples of the datasets.
        seed: Seed of resamples and folds.

    Raises:
        DeriGateError: If no damage costs anything.
    """
    losses = Losses.of(changes)
    weights = fitted(losses, floor=floor)
    resampled = bootstrapped(losses, floor=floor, resamples=resamples, seed=seed)
    between = delta_intervals(losses, resamples=resamples, seed=seed)
    folds = cross_validated(losses, floor=floor, folds=FOLDS, seed=seed)
    means = dict(zip(losses.metrics, mean_delta(losses.delta).tolist(), strict=True))
    groups = {}
    for metric in sorted(weights, key=lambda name: (-weights[name], name)):
        of_metric = changes[changes["metric"] == metric]
        spread = _spread(resampled.get(metric))
        groups[metric] = GroupImpact(
            delta_balanced_accuracy=rounded_finite(means[metric]),
            weight=rounded_finite(weights[metric]),
            std=spread.std if spread else None,
            interval=spread.interval if spread else None,
            published_weight=PUBLISHED_WEIGHTS.get(metric),
            mean=spread.mean if spread else None,
            cross_validation=_spread(folds.get(metric)),
            by_level=_means(of_metric, "level"),
            by_kind=_means(of_metric, "group"),
            runs=len(of_metric),
            delta_interval=rounded_pair(between.get(metric)),
            by_architecture=_by_architecture(of_metric, resamples=resamples, seed=seed),
        )
    return groups


def _by_architecture(
    rows: pd.DataFrame, *, resamples: int, seed: int
) -> dict[str, ArchitectureChange]:
    return {
        str(architecture): ArchitectureChange(
            balanced_accuracy=_figure(own, "delta", resamples, seed),
            accuracy=_figure(own, "delta_accuracy", resamples, seed),
            auc=_figure(own, "delta_auc", resamples, seed),
            runs=len(own),
        )
        for architecture, own in rows.groupby("architecture", sort=True)
    }


def _figure(rows: pd.DataFrame, column: str, resamples: int, seed: int) -> FigureChange:
    """Mean over the datasets' means, and its interval over resamples of the datasets."""
    known = rows[rows[column].notna()] if column in rows.columns else rows.iloc[:0]
    if known.empty:
        return FigureChange(mean=None, interval=None)
    own = known.groupby("dataset", sort=True)[column].mean().to_numpy(dtype=float)
    cells = tuple((str(i), "") for i in range(len(own)))
    losses = Losses(metrics=(column,), cells=cells, delta=own[:, None])
    drawn = resampled_cells(losses, resamples=resamples, seed=seed)
    between = interval(np.array([own[rows].mean() for rows in drawn])) if drawn else None
    return FigureChange(mean=rounded_finite(own.mean()), interval=rounded_pair(between))


def _means(rows: pd.DataFrame, column: str) -> dict[str, float]:
    return {str(k): rounded_finite(v) for k, v in rows.groupby(column)["delta"].mean().items()}


def _spread(spread: WeightSpread | None) -> SpreadInfo | None:
    if spread is None:
        return None
    low, high = spread.interval
    return SpreadInfo(
        mean=rounded_finite(spread.mean),
        std=rounded_finite(spread.std),
        interval=(rounded_finite(low), rounded_finite(high)),
    )
