"""Single pixels of a picture beside those around: slight damage shows in these alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import FloatArray

SIDES = 2  # down the rows, and along them
ORDERS = (1, 2, 4)  # differences that are looked at
SPIKES = 0.003  # share of the pixels that stand out by so much, or more
AROUND = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=np.uint8)  # a pixel, without itself


def fine_steps(levels: npt.NDArray[np.uint8]) -> FloatArray:
    """Mean size of differences of each order, in grey levels, (N, H, W) to (N, sides, orders).

    Every difference is of neighbouring pixels, so higher orders see finer detail. 0 where a side
    has too few pixels.
    """
    turned = np.ascontiguousarray(levels.swapaxes(1, 2))
    return np.stack([_steps_down(levels), _steps_down(turned)], axis=1)


def _steps_down(levels: npt.NDArray[np.uint8]) -> FloatArray:
    count, height, width = levels.shape
    found = np.zeros((count, len(ORDERS)))
    last: npt.NDArray[np.int16] = levels.reshape(count, -1).astype(np.int16)
    spare = np.empty_like(last)  # two arrays in turn: making new ones takes longer than the sums
    for order in range(1, min(height, max(ORDERS) + 1)):
        size = (height - order) * width
        np.subtract(last[:, width : width + size], last[:, :size], out=spare[:, :size])
        last, spare = spare, last
        if order in ORDERS:
            sizes = np.abs(last[:, :size], out=spare[:, :size])
            found[:, ORDERS.index(order)] = sizes.sum(axis=1, dtype=np.int32) / size
    return found


def peaks(levels: npt.NDArray[np.uint8]) -> tuple[FloatArray, FloatArray]:
    """Pixels that are lighter, or darker, than all eight around them.

    Args:
        levels: Some pictures, shape (N, H, W).

    Returns:
        Share of such pixels, and the levels by which `SPIKES` of all pixels stand out, shape (N,)
        each; 0 for pictures of fewer than 3 pixels a side.
    """
    count, height, width = levels.shape
    if min(height, width) < len(AROUND):
        return np.zeros(count), np.zeros(count)
    column = levels.reshape(-1, width)  # what lies at an edge is not looked at
    above = cv2.subtract(column, cv2.dilate(column, AROUND))
    below = cv2.subtract(cv2.erode(column, AROUND), column)
    excess = cv2.max(above, below).reshape(levels.shape)[:, 1:-1, 1:-1].reshape(count, -1)
    rank = excess.shape[1] - max(1, round(SPIKES * excess.shape[1]))
    return (excess > 0).mean(axis=1), np.partition(excess, rank, axis=1)[:, rank].astype(float)
