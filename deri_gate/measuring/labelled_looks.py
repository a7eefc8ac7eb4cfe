"""Measures of images beside those of their class, source and size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.stats.spread import scaled_mad

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.arrays import BoolArray, FloatArray, IntArray

DRAWN = 5  # images of all that a small class is joined by
ENOUGH = 10  # images of a class that show how much it varies


@dataclass(frozen=True, kw_only=True)
class LabelledLooks:
    """Measures of images, with what they are known to differ by anyway.

    Attributes:
        values: Measures from `measures_of`, shape (N, M).
        strata: Numbers of the class of each image, then of its source by each column, and of its
            size where sizes differ, (N,) each.
    """

    values: FloatArray
    strata: Sequence[IntArray]

    def __len__(self) -> int:
        return len(self.values)

    def centred(self, usual: BoolArray, *, small: int) -> FloatArray:
        """The values without the median of each class, and then of each further stratum.

        Args:
            usual: Which images medians are taken of, shape (N,).
            small: Images below which a class is drawn towards all.
        """
        values = self.values
        for numbers in self.strata:
            values = _without_medians(values, numbers, usual, small)
        return values

    def spreads(self, values: FloatArray, usual: BoolArray, *, least: float) -> FloatArray:
        """Robust deviations of values among all, or in the class of each image if larger, (N, M).

        Args:
            values: Values without medians, shape (N, M).
            usual: Which images show them, shape (N,).
            least: What none is below.
        """
        result = np.empty_like(values)
        result[:] = np.maximum(scaled_mad(values[usual], axis=0), least)
        for own in _by_number(self.strata[0]):
            inside = own[usual[own]]
            if len(inside) >= ENOUGH:
                result[own] = np.maximum(result[own], scaled_mad(values[inside], axis=0))
        return result


def _without_medians(
    values: FloatArray, numbers: IntArray, usual: BoolArray, small: int
) -> FloatArray:
    result, overall = np.empty_like(values), np.median(values[usual], axis=0)
    for own in _by_number(numbers):
        inside = own[usual[own]]
        centre = np.median(values[inside], axis=0) if len(inside) else overall
        if len(inside) < small:
            centre = (centre * len(inside) + overall * DRAWN) / (len(inside) + DRAWN)
        result[own] = values[own] - centre
    return result


def _by_number(numbers: IntArray) -> list[IntArray]:
    """Positions of the images of each number."""
    order = np.argsort(numbers, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1)
