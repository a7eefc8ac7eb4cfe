"""Intervals of values over resamples, and of shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray


Interval = tuple[float, float]
RESAMPLES = 200
MANY = 1000  # values from which on resampled means follow the normal distribution closely enough


def mean_resamples(values: FloatArray, generator: np.random.Generator) -> FloatArray:
    """Means of resamples of values, at least one; drawn from the normal limit where many.

    Args:
        values: Shape (N,).
        generator: Source of the draws.

    Returns:
        Shape (200,).
    """
    if len(values) > MANY:
        spread = values.std() / np.sqrt(len(values))
        return np.asarray(values.mean() + spread * generator.standard_normal(RESAMPLES))
    drawn = generator.integers(0, len(values), (RESAMPLES, len(values)))
    return np.asarray(values[drawn].mean(axis=1))


def interval(draws: FloatArray) -> Interval:
    """The middle 95 % of resampled values; those that are not finite are left out."""
    low, high = np.nanpercentile(np.where(np.isfinite(draws), draws, np.nan), [2.5, 97.5])
    return float(low), float(high)


def wilson_lower_bound(share: float, images: int) -> float:
    """Lower end of a share of so many images, 95 % one-sided (Wilson 1927): the best of many."""
    inside, z = min(1.0, max(0.0, share)), 1.645
    spread = z * np.sqrt(inside * (1 - inside) / images + (z / images) ** 2 / 4)
    return float(max(0.0, (inside + z * z / images / 2 - spread) / (1 + z * z / images)))
