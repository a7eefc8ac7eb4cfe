"""Median and spread of each metric over a pool, as its scores use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.schemas.base import rounded
from deri_gate.schemas.pool_report import MetricSpreadInfo
from deri_gate.stats.spread import scaled_mad

if TYPE_CHECKING:
    from deri_gate.metrics.base import Metric
    from deri_gate.scoring.pool import Pool


def metric_spread(metric: Metric, pool: Pool) -> MetricSpreadInfo:
    """Range, median and spread of one metric over the datasets that have it."""
    known = [
        member.metrics[metric.name] for member in pool.datasets if metric.name in member.metrics
    ]
    if not known:
        return MetricSpreadInfo(
            datasets=0, lowest=None, highest=None, scale=metric.scale, median=None, spread=None,
            at_floor=False,
        )  # fmt: skip
    values = metric.on_scale(np.array(known))
    own = float(scaled_mad(values))
    return MetricSpreadInfo(
        datasets=len(known),
        lowest=rounded(min(known)),
        highest=rounded(max(known)),
        scale=metric.scale,
        median=rounded(float(np.median(values))),
        spread=rounded(max(own, metric.spread_floor)),
        at_floor=own < metric.spread_floor,
    )
