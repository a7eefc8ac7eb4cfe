"""Power law of an error over the number of examples, and what it foretells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.stats.intervals import interval

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray
    from deri_gate.stats.intervals import Interval

EXPONENTS = np.geomspace(0.1, 1.5, 60)  # of learning curves: Hestness et al. (2017)
DRAWS = 400  # of the measured errors, for the interval
LEAST_DEVIATION = 1e-3  # of an error: below it no point pins the curve down


@dataclass(frozen=True, kw_only=True)
class PowerLaw:
    """Error of n examples as `floor + scale * (n / unit) ** -exponent`; none is negative.

    Attributes:
        floor: Error that is left with any number of examples.
        scale: Part of the error at `unit` examples that more of them remove.
        exponent: How fast they do.
        unit: Largest number of examples that was measured.
        drawn: Floor, scale and exponent of other measurements of the same curve, shape (B, 3).
    """

    floor: float
    scale: float
    exponent: float
    unit: float
    drawn: FloatArray

    def at(self, count: float) -> float:
        """Error of so many examples."""
        return float(self.floor + self.scale * (count / self.unit) ** -self.exponent)

    def interval_at(self, count: float) -> Interval:
        """Middle 95 % of the error of so many examples, widened to hold it."""
        floor, scale, exponent = self.drawn.T
        low, high = interval(np.minimum(floor + scale * (count / self.unit) ** -exponent, 1.0))
        return min(low, self.at(count)), max(high, self.at(count))


def fit_power_law(
    counts: FloatArray, errors: FloatArray, deviations: FloatArray, *, seed: int
) -> PowerLaw:
    """Fit the curve by weighted least squares, its exponent on a grid.

    Args:
        counts: Numbers of examples, ascending, shape (S,), S >= 3.
        errors: Error of each, 0 to 1, shape (S,).
        deviations: Standard deviation of each error, shape (S,).
        seed: Seed of the draws that give the interval.
    """
    spread = np.maximum(deviations, LEAST_DEVIATION)
    noise = np.random.default_rng(seed).standard_normal((DRAWS, len(errors)))
    curves = np.concatenate([errors[None], np.clip(errors + spread * noise, 0.0, 1.0)])
    fitted = _fitted(counts / counts[-1], curves, spread**-2)
    floor, scale, exponent = fitted[0].tolist()
    return PowerLaw(
        floor=floor, scale=scale, exponent=exponent, unit=float(counts[-1]), drawn=fitted[1:]
    )


def _fitted(counts: FloatArray, curves: FloatArray, weights: FloatArray) -> FloatArray:
    """Floor, scale and exponent of each curve, (B, S) to (B, 3)."""
    best = np.full(len(curves), np.inf)
    fits = np.zeros((len(curves), 3))
    for exponent in EXPONENTS:
        falling = counts**-exponent
        floor, scale = _line(falling, curves, weights)
        rest = curves - floor[:, None] - scale[:, None] * falling
        loss = (rest**2) @ weights
        better = loss < best
        best[better] = loss[better]
        some = np.stack([floor, scale, np.full(len(curves), exponent)], axis=1)
        fits[better] = some[better]
    return fits


def _line(x: FloatArray, y: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Intercept and slope of each row of y over x, neither negative: shapes (B,)."""
    total, first, second = weights.sum(), weights @ x, weights @ x**2
    sums, products = y @ weights, y @ (weights * x)
    slope = (total * products - first * sums) / (total * second - first**2)
    start = (sums - slope * first) / total
    flat, steep = sums / total, products / second
    slope = np.where(start < 0, steep, slope)
    start = np.where(slope < 0, flat, np.maximum(start, 0.0))
    return start, np.maximum(slope, 0.0)
