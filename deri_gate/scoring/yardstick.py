"""A pool over the metrics that count: medians, spreads, and U of its own datasets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.stats.spread import nan_median, scaled_mad

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.arrays import FloatArray
    from deri_gate.metrics.base import Metric
    from deri_gate.scoring.pool import Pool

FARTHEST = 3.0  # spreads from the median, beyond which every value counts alike
U_SPREAD_FLOOR = 1.0  # points of U: below it datasets of the pool would differ by chance alone


@dataclass(frozen=True, kw_only=True)
class Typical:
    """Centre and spread of one metric in the pool, on the metric's own scale."""

    median: float
    spread: float  # 1.4826 times the median absolute deviation, at least the metric's floor


@dataclass(frozen=True)
class Yardstick:
    """The pool over the metrics that count: medians, spreads, and U of its own datasets.

    Attributes:
        metrics: Those that count, in report order.
        weights: Their shares in U, shape (M,), summing to 1.
        values: Values of the pool's datasets, on each metric's scale, NaN for none, (D, M).
        power: Power of the mean that U is, 0 to 1.
    """

    metrics: tuple[Metric, ...]
    weights: FloatArray
    values: FloatArray
    power: float

    def typical(self, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Median and spread of each metric over rows of `values`: (..., D, M) to (..., M)."""
        median = nan_median(rows, axis=-2)
        floors = np.array([m.spread_floor for m in self.metrics])
        return median, np.maximum(scaled_mad(rows, axis=-2), floors)

    def subscores(self, values: FloatArray, median: FloatArray, spread: FloatArray) -> FloatArray:
        """Subscores 0 to 100 of values (..., M), on the metrics' scales."""
        sign = np.array([m.sign for m in self.metrics])
        with np.errstate(over="ignore"):  # farther than any number is as far as counts
            z = np.clip(sign * (values - median) / spread, -FARTHEST, FARTHEST)
        return np.asarray(100.0 * scipy.special.ndtr(z))

    def u(self, subscores: FloatArray) -> FloatArray:
        """Weighted power mean over the metrics, those that are NaN left out: (..., M) to (...)."""
        return power_mean(subscores, self.weights, self.power)

    def scaled(self, values: Mapping[str, float | None]) -> FloatArray:
        """Raw values by metric id on the metrics' scales, shape (M,); each must be there."""
        return np.array([float(m.on_scale(np.array(values[m.name]))) for m in self.metrics])

    def centre(self, rows: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Median, spread, mu and sigma that rows of the pool give, shape (..., D, M).

        A dataset with none of the metrics that count says nothing of mu and sigma.
        """
        median, spread = self.typical(rows)
        u = self.u(self.subscores(rows, median[..., None, :], spread[..., None, :]))
        sigma = np.maximum(np.nanstd(u, axis=-1, ddof=1), U_SPREAD_FLOOR)
        return median, spread, np.nanmean(u, axis=-1), sigma


def power_mean(subscores: FloatArray, weights: FloatArray, power: float) -> FloatArray:
    """Weighted power mean over the last axis, NaN left out; NaN where nothing is left.

    Between the arithmetic (power 1) and the geometric mean (power 0): the lower the power, the
    less a good subscore makes up for a bad one (Hardy, Littlewood and Polya, 1934, chapter 2).

    Args:
        subscores: 0 to 100, shape (..., M).
        weights: None below 0, shape (M,).
        power: 0 to 1.
    """
    there = np.isfinite(subscores)
    total = (there * weights).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        if power == 0:
            logs = np.where(there & (weights > 0), weights * np.log(subscores), 0.0)
            return np.asarray(np.exp(logs.sum(axis=-1) / total))
        raised = subscores if power == 1 else np.power(subscores, power)
        mean = np.nansum(raised * weights, axis=-1) / total
        return np.asarray(mean if power == 1 else np.power(mean, 1 / power))


def deri1000_from(u: FloatArray, mu: FloatArray, sigma: FloatArray) -> FloatArray:
    """DERI1000 of a dataset: 1000 where U is the pool's mean, 100 points a standard deviation."""
    return 1000 + 100 * (u - mu) / sigma


def counted_metrics(
    metrics: tuple[Metric, ...], values: Mapping[str, float | None], pool: Pool
) -> tuple[Metric, ...]:
    """Metrics that were measured and that enough of the pool has; none where they weigh nothing."""
    counted = tuple(m for m in metrics if _counts_in(m, values, pool))
    return counted if sum(pool.weights.get(m.name, 0.0) for m in counted) > 0 else ()


def _counts_in(metric: Metric, values: Mapping[str, float | None], pool: Pool) -> bool:
    """True if a metric was measured and enough of the pool's datasets have it."""
    return values.get(metric.name) is not None and known_in(metric, pool)


def known_in(metric: Metric, pool: Pool) -> bool:
    """True if enough of the pool's datasets have a value of the metric."""
    known = sum(metric.name in member.metrics for member in pool.datasets)
    return known >= 3  # noqa: PLR2004  # a median of two says nothing


def yardstick_of(counted: tuple[Metric, ...], pool: Pool) -> Yardstick:
    """Gather what the pool has of the metrics that count."""
    weights = np.array([pool.weights.get(m.name, 0.0) for m in counted])
    columns = [
        m.on_scale(np.array([member.metrics.get(m.name, np.nan) for member in pool.datasets]))
        for m in counted
    ]
    return Yardstick(counted, weights / weights.sum(), np.stack(columns, axis=1), pool.power)
