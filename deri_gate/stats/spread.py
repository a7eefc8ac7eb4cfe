"""A robust spread: the median absolute deviation, scaled to the standard deviation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray

# Pools were measured with these four decimals; SciPy's "normal" scale would move the ninth digit.
# SciPy's function itself is the oracle in the test: importing it takes half a second of a start.
SCALE = 1.4826


def scaled_mad(values: FloatArray, *, axis: int | None = None) -> FloatArray:
    """Median absolute deviation from the median, times 1.4826; NaN are left out.

    Args:
        values: Any shape. Along the axis at least one number is finite.
        axis: Axis to reduce; all values together when None.

    Returns:
        As `values` without the axis, 0 or more: the standard deviation, were they normal.
    """
    centre = np.nanmedian(values, axis=axis, keepdims=True)
    return np.asarray(SCALE * np.nanmedian(np.abs(values - centre), axis=axis))
