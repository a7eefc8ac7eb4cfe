"""Signs that a program, or a broken sensor, leaves in the pixels of a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import FloatArray, IntArray

BLACK, WHITE = 4, 251  # levels below and above which a pixel is as good as black or white
STEP = 0.5  # grey levels added to steps: plain ground has none
BESIDE = 5  # levels around each that must hold a pixel each, in the mean
FEW = 20  # levels added to both numbers: few tell little
WHOLE = 64  # roots are rounded to a fraction of this
BETWEEN = 0.35  # share of the pixels that must be neither black nor white
CAP = 8  # second difference that counts, at most: ground of one level is no curve


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


def uneven_levels(histograms: IntArray) -> FloatArray:
    """Difference of how often neighbouring levels occur, over that by chance, shape (N,).

    Levels that were stretched, pressed together or bent leave gaps and doubled ones. Roots of
    counts vary by chance alike, whatever their size: their second difference is 1, in the mean.
    Black and white are left out: they are clipped. 1 for pictures that are mostly black and white,
    such as digits: the few levels between are uneven by themselves.

    Args:
        histograms: Pixels at each level, colours one by one, shape (N, colours, 256).
    """
    counts = histograms[:, :, BLACK : WHITE + 1].reshape(-1, WHITE + 1 - BLACK)
    roots = np.rint(WHOLE * np.sqrt(counts)).astype(np.int64)  # sums of whole numbers are exact
    apart = np.minimum(np.abs(np.diff(roots, n=2, axis=1)), CAP * WHOLE)
    around = cv2.boxFilter(
        counts.astype(np.float32), -1, (BESIDE, 1), normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    occurs = around[:, 1:-1] >= BESIDE
    shape = len(histograms), -1
    differ = (apart * occurs).reshape(shape).sum(axis=1) / WHOLE
    uneven = (differ + FEW) / (occurs.reshape(shape).sum(axis=1) + FEW)
    between = counts.reshape(shape).sum(axis=1) / histograms.reshape(shape).sum(axis=1)
    return np.where(between >= BETWEEN, uneven, 1.0)
