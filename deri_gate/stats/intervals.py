"""Intervals of values over resamples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray


Interval = tuple[float, float]


def interval(draws: FloatArray) -> Interval:
    """The middle 95 % of resampled values; those that are not finite are left out."""
    low, high = np.nanpercentile(np.where(np.isfinite(draws), draws, np.nan), [2.5, 97.5])
    return float(low), float(high)
