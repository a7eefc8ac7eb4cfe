"""Signs that a program, or a broken sensor, leaves in the pixels of a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import FloatArray, IntArray

STEP = 0.5  # grey levels added to steps: plain ground has none
BESIDE = 4  # levels on either side that show how often a level is expected
BETWEEN = 0.35  # share of the pixels that must be neither black nor white
FEW = 2  # levels added to both numbers: little is told from two or three


def interlacing(levels: npt.NDArray[np.uint8]) -> FloatArray:
    """Mean step to the next line over that to the next but one, of rows or columns, shape (N,)."""
    turned = np.ascontiguousarray(levels.swapaxes(1, 2))
    return np.maximum(_combs(levels), _combs(turned))


def _combs(levels: npt.NDArray[np.uint8]) -> FloatArray:
    if levels.shape[1] <= 2:  # noqa: PLR2004
        return np.ones(len(levels))
    rows, width = levels.reshape(len(levels), -1), levels.shape[2]
    steps = [cv2.absdiff(rows[:, width * n :], rows[:, : -width * n]) for n in (1, 2)]
    near, far = (_sums(step) / step.shape[1] + STEP for step in steps)
    return np.asarray(near / far)


def _sums(rows: npt.NDArray[np.uint8]) -> FloatArray:
    return np.asarray(cv2.reduce(rows, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel(), dtype=float)


def present_levels(histograms: IntArray) -> FloatArray:
    """Levels that occur over those expected by how often the levels beside them do, shape (N,).

    Stretched levels, and few of them, leave gaps. Black and white are left out: they are clipped.
    1 for pictures that are mostly black and white, such as digits.

    Args:
        histograms: Pixels at each level, shape (N, 256).
    """
    counts = histograms[:, 1:-1]
    window = 2 * BESIDE + 1
    ends = np.arange(counts.shape[1])
    beside = np.minimum(ends, BESIDE) + np.minimum(ends[::-1], BESIDE) + 1
    sums = cv2.boxFilter(  # of whole numbers, so each picture of a stack has what it has alone
        counts.astype(np.float32), -1, (window, 1), normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    expected = (1 - np.exp(-sums / beside)).sum(axis=1)
    shares = ((counts > 0).sum(axis=1) + FEW) / (expected + FEW)
    return np.where(counts.sum(axis=1) >= BETWEEN * histograms[0].sum(), shares, 1.0)
