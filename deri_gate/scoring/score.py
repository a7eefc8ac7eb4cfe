"""Raw values -> subscores -> U -> DERI1000, with the uncertainty of each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.metrics.catalogue import METRICS
from deri_gate.runtime.counts import counted
from deri_gate.scoring.yardstick import (
    Typical,
    counted_metrics,
    deri1000_from,
    known_in,
    yardstick_of,
)
from deri_gate.stats.intervals import Interval, interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.arrays import BoolArray, FloatArray
    from deri_gate.metrics.base import Metric
    from deri_gate.scoring.pool import Pool
    from deri_gate.scoring.yardstick import Yardstick

POOL_RESAMPLES = 400
PUBLISHED = tuple(m.name for m in METRICS if m.published_weight)  # the metrics of DERI1000
LEAST_SHARE = 0.001  # of a metric in U that counts: below it the best moves U by .1 at most


@dataclass(frozen=True, kw_only=True)
class Membership:
    """A scored dataset that is itself in the pool.

    Attributes:
        name: Name of the dataset in the pool.
        without_itself: DERI1000 against the pool without it; None where too few are left.
    """

    name: str
    without_itself: float | None


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Scores of a dataset's raw values against a pool.

    Attributes:
        subscores: By metric, 0 (worst) to 100 (best), 50 the pool's median; None when the
            metric was not measured or the pool has too few values of it.
        weights: By metric, its share in U; they add up to 1 over the metrics that count.
        u: Weighted power mean of the subscores, 0 to 100; None when nothing counts.
        deri1000: 1000 for a typical dataset of the pool, 100 a standard deviation of theirs.
        interval: 95 % of DERI1000 over resamples of the images and of the pool's datasets, drawn
            together, and every value that comes of leaving one dataset of the pool out.
        image_interval: 95 % over resamples of the images alone, the pool taken as it is.
        pool_interval: Interval over resamples of the pool, the images taken as they are.
        typical: By metric that counts, the pool's median and spread.
        mu: Mean of U over the pool's datasets, over the metrics that count.
        sigma: Its standard deviation, likewise.
        member: Place in the pool, where the scored dataset is one of its own.
        weights_used: Name of the weights in the pool; empty where it was not looked for.
        unmeasured: Metrics that would count and have no value, or none by the definition of the
            pool: the scores are of the others.
        uninstalled: Metrics that the pool weighs and no installed package measures.
        partial: True where files that it was read from say that it is not complete.
    """

    subscores: Mapping[str, float | None]
    weights: Mapping[str, float]
    u: float | None
    deri1000: float | None
    interval: Interval | None
    image_interval: Interval | None
    pool_interval: Interval | None
    typical: Mapping[str, Typical]
    mu: float | None
    sigma: float | None
    member: Membership | None = None
    weights_used: str = ""
    unmeasured: tuple[str, ...] = ()
    uninstalled: tuple[str, ...] = ()
    partial: bool = False

    @property
    def complete(self) -> bool:
        """True if all metrics of the published index count in U, and the pool has no others."""
        whole = self._that_count == set(PUBLISHED)
        return whole and not self.uninstalled and not self.partial

    @property
    def title(self) -> str:
        """Name of the score: `DERI1000`, or of how many metrics it is where it is of others."""
        count = counted(len(self._that_count), "metric")
        return "DERI1000" if self.complete else f"DERI1000 of {count}"

    @property
    def _that_count(self) -> set[str]:
        return {name for name, share in self.weights.items() if share >= LEAST_SHARE}


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
    used = counted_metrics(metrics, values, pool)
    if not used:
        nothing = dict.fromkeys((m.name for m in metrics), None)
        return Scored(
            subscores=nothing, weights={}, u=None, deri1000=None, interval=None,
            image_interval=None, pool_interval=None, typical={}, mu=None, sigma=None,
        )  # fmt: skip
    stick = yardstick_of(used, pool)
    scaled = stick.scaled(values)
    median, spread, *moments = stick.centre(stick.values)
    subscores = stick.subscores(scaled, median, spread)
    u = stick.u(subscores)
    by_name = dict(zip((m.name for m in used), subscores.tolist(), strict=True))
    return Scored(
        subscores={m.name: by_name.get(m.name) for m in metrics},
        weights=dict(zip(by_name, stick.weights.tolist(), strict=True)),
        u=float(u),
        deri1000=float(deri1000_from(u, *moments)),
        interval=_over_both(stick, resamples, scaled, seed),
        image_interval=_over_images(stick, resamples, scaled),
        pool_interval=_over_pool(stick, scaled[None], scaled, seed),
        typical={
            m.name: Typical(median=float(a), spread=float(b))
            for m, a, b in zip(used, median, spread, strict=True)
        },
        mu=float(moments[0]),
        sigma=float(moments[1]),
        unmeasured=tuple(m.name for m in metrics if _is_missed(m, values, pool)),
        uninstalled=uninstalled_in(pool),
    )


def uninstalled_in(pool: Pool) -> tuple[str, ...]:
    """Metrics that a pool weighs, and that no package measures here: its number is another one."""
    weighed = {name for name, weight in pool.weights.items() if weight > 0}
    return tuple(sorted((weighed | pool.other_definitions) - {m.name for m in METRICS}))


def _is_missed(metric: Metric, values: Mapping[str, float | None], pool: Pool) -> bool:
    """True for a metric that would count if it had a value, or the pool its definition."""
    if values.get(metric.name) is not None:
        return metric.name in pool.other_definitions
    return pool.weights.get(metric.name, 0.0) > 0 and known_in(metric, pool)


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
    used = counted_metrics(metrics, values, pool)
    if not used:
        return None
    stick = yardstick_of(used, pool)
    return _resampled(stick, resamples, stick.scaled(values))


def _resampled(
    stick: Yardstick, resamples: Mapping[str, FloatArray], own: FloatArray
) -> dict[str, FloatArray] | None:
    drawn = _drawn(stick, resamples, own)
    if drawn is None:
        return None
    median, spread, mu, sigma = stick.centre(stick.values)
    u = stick.u(stick.subscores(drawn, median, spread))
    return {"u": u, "deri1000": deri1000_from(u, mu, sigma)}


def _drawn(
    stick: Yardstick, resamples: Mapping[str, FloatArray], own: FloatArray
) -> FloatArray | None:
    """Values over resamples of the images, on the metrics' scales, shape (B, M)."""
    if any(m.name not in resamples for m in stick.metrics):
        return None
    drawn = np.stack([m.on_scale(resamples[m.name]) for m in stick.metrics], axis=1)
    return np.where(np.isfinite(drawn), drawn, own)  # a resample that left nothing to measure


def _over_images(
    stick: Yardstick, resamples: Mapping[str, FloatArray] | None, own: FloatArray
) -> Interval | None:
    drawn = None if resamples is None else _resampled(stick, resamples, own)
    return None if drawn is None else interval(drawn["deri1000"])


def _over_both(
    stick: Yardstick, resamples: Mapping[str, FloatArray] | None, own: FloatArray, seed: int
) -> Interval | None:
    drawn = None if resamples is None else _drawn(stick, resamples, own)
    return None if drawn is None else _over_pool(stick, drawn, own, seed)


def _over_pool(stick: Yardstick, drawn: FloatArray, own: FloatArray, seed: int) -> Interval:
    """The middle 95 % over resamples of the pool, and all that comes of pools of one set less.

    Args:
        stick: The pool as it is.
        drawn: Values of the dataset, one row or one a resample of its images, shape (B, M).
        own: Its values, shape (M,).
        seed: Seed of the draws.
    """
    members = len(stick.values)
    generator = np.random.default_rng(seed)
    draws = generator.integers(0, members, (POOL_RESAMPLES, members))
    rows = stick.values[draws]
    whole = _with_all(rows)
    values = drawn[np.arange(POOL_RESAMPLES) % len(drawn)]
    low, high = interval(_deri1000(stick, values[whole], rows[whole]))
    less = np.stack([np.delete(stick.values, i, axis=0) for i in range(members)])
    less = less[_with_all(less)]
    others = [stick.values[None], less] if len(less) else [stick.values[None]]
    near = [score for some in others for score in _deri1000(stick, own, some).tolist()]
    return min(low, *near), max(high, *near)


def _with_all(rows: FloatArray) -> BoolArray:
    """True if some dataset of each pool has each metric: shapes (P, D, M) to (P,)."""
    return np.asarray(np.isfinite(rows).sum(axis=1).min(axis=1) > 0)


def _deri1000(stick: Yardstick, values: FloatArray, rows: FloatArray) -> FloatArray:
    """Scores of values (..., M) against pools (P, D, M), one each: shape (P,)."""
    median, spread, mu, sigma = stick.centre(rows)
    return deri1000_from(stick.u(stick.subscores(values, median, spread)), mu, sigma)
