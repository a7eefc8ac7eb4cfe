"""Raw values -> subscores -> U -> DERI1000, with the uncertainty of each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.metrics.catalogue import METRICS
from deri_gate.stats.intervals import Interval, interval
from deri_gate.stats.spread import scaled_mad

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.arrays import FloatArray
    from deri_gate.metrics.base import Metric
    from deri_gate.scoring.pool import Pool

FARTHEST = 3.0  # spreads from the median, beyond which every value counts alike
U_SPREAD_FLOOR = 1.0  # points of U: below it datasets of the pool would differ by chance alone
POOL_RESAMPLES = 400


@dataclass(frozen=True, kw_only=True)
class Typical:
    """Centre and spread of one metric in the pool, on the metric's own scale."""

    median: float
    spread: float  # 1.4826 times the median absolute deviation, at least the metric's floor


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Scores of a dataset's raw values against a pool.

    Attributes:
        subscores: By metric, 0 (worst) to 100 (best), 50 the pool's median; None when the
            metric was not measured or the pool has too few values of it.
        weights: By metric, its share in U; they add up to 1 over the metrics that count.
        u: Weighted mean of the subscores, 0 to 100; None when nothing counts.
        deri1000: 1000 for a typical dataset of the pool, 100 a standard deviation of theirs.
        interval: 95 % of DERI1000 over resamples of the images.
        pool_interval: Interval over resamples of the pool's datasets.
        typical: By metric that counts, the pool's median and spread.
        mu: Mean of U over the pool's datasets, over the metrics that count.
        sigma: Its standard deviation, likewise.
    """

    subscores: Mapping[str, float | None]
    weights: Mapping[str, float]
    u: float | None
    deri1000: float | None
    interval: Interval | None
    pool_interval: Interval | None
    typical: Mapping[str, Typical]
    mu: float | None
    sigma: float | None


@dataclass(frozen=True)
class _Yardstick:
    """The pool over the metrics that count: medians, spreads, and U of its own datasets.

    Attributes:
        metrics: Those that count, in report order.
        weights: Their shares in U, shape (M,), summing to 1.
        values: Values of the pool's datasets, on each metric's scale, NaN for none, (D, M).
    """

    metrics: tuple[Metric, ...]
    weights: FloatArray
    values: FloatArray

    def typical(self, rows: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Median and spread of each metric over rows of `values`: (..., D, M) to (..., M)."""
        median = np.nanmedian(rows, axis=-2)
        floors = np.array([m.spread_floor for m in self.metrics])
        return median, np.maximum(scaled_mad(rows, axis=-2), floors)

    def subscores(self, values: FloatArray, median: FloatArray, spread: FloatArray) -> FloatArray:
        """Subscores 0 to 100 of values (..., M), on the metrics' scales."""
        sign = np.array([m.sign for m in self.metrics])
        z = np.clip(sign * (values - median) / spread, -FARTHEST, FARTHEST)
        return np.asarray(100.0 * scipy.special.ndtr(z))

    def u(self, subscores: FloatArray) -> FloatArray:
        """Weighted mean over the metrics, those that are NaN left out: (..., M) to (...)."""
        there = np.isfinite(subscores)
        total = (there * self.weights).sum(axis=-1)
        with np.errstate(invalid="ignore"):
            return np.asarray(np.nansum(subscores * self.weights, axis=-1) / total)

    def centre(self, rows: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Median, spread, mu and sigma that rows of the pool give, shape (..., D, M).

        A dataset with none of the metrics that count says nothing of mu and sigma.
        """
        median, spread = self.typical(rows)
        u = self.u(self.subscores(rows, median[..., None, :], spread[..., None, :]))
        sigma = np.maximum(np.nanstd(u, axis=-1, ddof=1), U_SPREAD_FLOOR)
        return median, spread, np.nanmean(u, axis=-1), sigma


def score_values(
    values: Mapping[str, float | None],
    pool: Pool,
    *,
    metrics: tuple[Metric, ...] = METRICS,
    resamples: Mapping[str, FloatArray] | None = None,
    seed: int = 42,
) -> Scored:
    """Score raw values against a pool.

    U counts the metrics that were measured and have a weight, weights made to sum to 1 over
    them; mu and sigma are those of the pool's datasets over the same metrics.

    Args:
        values: Raw value by metric id, None where it was not measured.
        pool: The reference, of the same profile as the values.
        metrics: In the definitions that the values and the pool were measured with.
        resamples: By metric measured, its values over bootstrap resamples of the images, drawn
            together, shape (B,); without them there is no interval over images.
        seed: Seed of the resamples of the pool's datasets.
    """
    counted = tuple(m for m in metrics if _counts(m, values, pool))
    if not counted or not sum(pool.weights.get(m.name, 0.0) for m in counted) > 0:
        nothing = dict.fromkeys((m.name for m in metrics), None)
        return Scored(
            subscores=nothing, weights={}, u=None, deri1000=None, interval=None,
            pool_interval=None, typical={}, mu=None, sigma=None,
        )  # fmt: skip
    stick = _yardstick(counted, pool)
    own = np.array([float(m.on_scale(np.array(values[m.name]))) for m in counted])
    median, spread, *moments = stick.centre(stick.values)
    mu, sigma = map(float, moments)
    subscores = stick.subscores(own, median, spread)
    u = float(stick.u(subscores))
    by_name = dict(zip((m.name for m in counted), subscores.tolist(), strict=True))
    return Scored(
        subscores={m.name: by_name.get(m.name) for m in metrics},
        weights=dict(zip(by_name, stick.weights.tolist(), strict=True)),
        u=u,
        deri1000=1000 + 100 * (u - mu) / sigma,
        interval=_over_images(stick, resamples, own),
        pool_interval=_over_pool(stick, own, np.random.default_rng(seed)),
        typical={
            m.name: Typical(median=float(a), spread=float(b))
            for m, a, b in zip(counted, median, spread, strict=True)
        },
        mu=mu,
        sigma=sigma,
    )


def _counts(metric: Metric, values: Mapping[str, float | None], pool: Pool) -> bool:
    known = sum(metric.name in member.metrics for member in pool.datasets)
    return values.get(metric.name) is not None and known >= 3  # noqa: PLR2004  # a median of two says nothing


def _yardstick(counted: tuple[Metric, ...], pool: Pool) -> _Yardstick:
    weights = np.array([pool.weights.get(m.name, 0.0) for m in counted])
    columns = [
        m.on_scale(np.array([member.metrics.get(m.name, np.nan) for member in pool.datasets]))
        for m in counted
    ]
    return _Yardstick(counted, weights / weights.sum(), np.stack(columns, axis=1))


def scores_over(
    values: Mapping[str, float | None],
    pool: Pool,
    resamples: Mapping[str, FloatArray],
    *,
    metrics: tuple[Metric, ...] = METRICS,
) -> dict[str, FloatArray] | None:
    """U ("u") and DERI1000 ("deri1000") over resamples of the images, each shape (B,).

    Args:
        values: Raw values by metric.
        pool: The reference pool.
        resamples: By metric measured, its values over resamples drawn together, shape (B,).
        metrics: Metrics of the profile.

    Returns:
        None when nothing counts, or a metric that does was not resampled.
    """
    counted = tuple(m for m in metrics if _counts(m, values, pool))
    if not counted or not sum(pool.weights.get(m.name, 0.0) for m in counted) > 0:
        return None
    own = np.array([float(m.on_scale(np.array(values[m.name]))) for m in counted])
    return _resampled(_yardstick(counted, pool), resamples, own)


def _resampled(
    stick: _Yardstick, resamples: Mapping[str, FloatArray], own: FloatArray
) -> dict[str, FloatArray] | None:
    if any(m.name not in resamples for m in stick.metrics):
        return None
    median, spread, mu, sigma = stick.centre(stick.values)
    drawn = np.stack([m.on_scale(resamples[m.name]) for m in stick.metrics], axis=1)
    drawn = np.where(np.isfinite(drawn), drawn, own)  # a resample that left nothing to measure
    u = stick.u(stick.subscores(drawn, median, spread))
    return {"u": u, "deri1000": 1000 + 100 * (u - mu) / sigma}


def _over_images(
    stick: _Yardstick, resamples: Mapping[str, FloatArray] | None, own: FloatArray
) -> Interval | None:
    drawn = None if resamples is None else _resampled(stick, resamples, own)
    return None if drawn is None else interval(drawn["deri1000"])


def _over_pool(stick: _Yardstick, own: FloatArray, generator: np.random.Generator) -> Interval:
    members = len(stick.values)
    drawn = [generator.integers(0, members, members) for _ in range(POOL_RESAMPLES)]
    rows = stick.values[np.stack(drawn)]
    known = np.isfinite(rows).sum(axis=1)  # how many of those drawn have each metric
    rows = rows[known.min(axis=1) > 0]
    median, spread, mu, sigma = stick.centre(rows)
    u = stick.u(stick.subscores(own, median, spread))
    return interval(1000 + 100 * (u - mu) / sigma)
