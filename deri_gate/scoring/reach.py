"""Lowest and highest scores against a pool, whatever a dataset holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.scoring.yardstick import known_in, yardstick_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.metrics.base import Metric
    from deri_gate.scoring.pool import Pool

Range = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class ScoreRange:
    """Lowest and highest scores that there are with a pool.

    Attributes:
        subscores: By metric that counts.
        scores: By name, "U" and "DERI1000".
    """

    subscores: Mapping[str, Range]
    scores: Mapping[str, Range]


def reach_of(metrics: Sequence[Metric], pool: Pool) -> ScoreRange:
    """Score the worst and the best values that the metrics can have by their definitions.

    Three spreads from the median all values count alike, so that DERI1000 has a lowest value
    that hangs on the pool and on the metrics that are measured.

    Args:
        metrics: Those that are measured, in the definitions of the pool.
        pool: The reference.
    """
    counted = tuple(m for m in metrics if known_in(m, pool))
    if not sum(pool.weights.get(m.name, 0.0) for m in counted) > 0:
        return ScoreRange(subscores={}, scores={})
    stick = yardstick_of(counted, pool)
    median, spread, mu, sigma = stick.centre(stick.values)
    worst_to_best = [(m.low, m.high) if m.sign > 0 else (m.high, m.low) for m in counted]
    with np.errstate(divide="ignore"):  # the logarithm of 0
        ends = np.array(
            [m.on_scale(np.array(e)) for m, e in zip(counted, worst_to_best, strict=True)]
        )
    subscores = stick.subscores(ends.T, median, spread)
    low, high = (float(u) for u in stick.u(subscores))
    return ScoreRange(
        subscores={
            m.name: (float(a), float(b)) for m, (a, b) in zip(counted, subscores.T, strict=True)
        },
        scores={
            "U": (low, high),
            "DERI1000": (
                float(1000 + 100 * (low - mu) / sigma),
                float(1000 + 100 * (high - mu) / sigma),
            ),
        },
    )
