"""Orientation of what images show: the part of their layout that mirroring or turning changes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import FloatArray, IntArray

CELLS = 4  # along a side of a thumbnail
DIRECTIONS = 8  # of edges, a bin every 45 degrees, the first to the right
CHUNK = 4096  # images at a time
CLEARLY = 0.5  # share of the distance that is left when the batch is turned back
TURNS = (
    "",
    "mirrored left to right",
    "mirrored top to bottom",
    "turned by 180 degrees",
    "mirrored along the diagonal",
    "turned by 90 degrees",
    "turned by 270 degrees",
    "mirrored along the other diagonal",
)  # the eight orientations of a square, the plain one first


def orientation_rows(pictures: npt.NDArray[np.uint8]) -> FloatArray:
    """Share of each direction of edges in each cell, less the mean over all orientations.

    Zero for a picture that looks the same however it is mirrored or turned. A histogram of
    oriented gradients (Dalal and Triggs, 2005) of the thumbnail, whose sum is 1.

    Args:
        pictures: Grey levels, shape (N, S, S), S a multiple of `CELLS`.

    Returns:
        Shape (N, CELLS * CELLS * DIRECTIONS).
    """
    rows = np.zeros((len(pictures), CELLS * CELLS * DIRECTIONS), dtype=np.float32)
    for start in range(0, len(pictures), CHUNK):
        some = _histograms(pictures[start : start + CHUNK])
        mean = sum(some[:, order] for order in _orders()) / len(TURNS)
        rows[start : start + CHUNK] = some - mean
    return rows


def _histograms(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    count, side = pictures.shape[0], pictures.shape[1]
    down, right = np.gradient(pictures.astype(np.float32), axis=(1, 2))
    strength = np.hypot(right, down)
    bins = np.round(np.arctan2(down, right) / (2 * np.pi / DIRECTIONS)).astype(np.int64)
    place = np.arange(side) * CELLS // side
    cell = place[:, None] * CELLS + place
    width = CELLS * CELLS * DIRECTIONS
    index = np.arange(count)[:, None, None] * width + cell * DIRECTIONS + bins % DIRECTIONS
    sums = np.bincount(index.ravel(), weights=strength.ravel(), minlength=count * width)
    rows = sums.reshape(count, width)
    return np.asarray(rows / np.maximum(rows.sum(axis=1, keepdims=True), 1e-9), dtype=np.float32)


@lru_cache(maxsize=1)
def _orders() -> tuple[IntArray, ...]:
    """Order of the columns for each of `TURNS`: the row of a picture that is turned so."""
    place = np.arange(CELLS * CELLS * DIRECTIONS).reshape(CELLS, CELLS, DIRECTIONS)
    k = np.arange(DIRECTIONS)
    across = place[:, ::-1][:, :, (DIRECTIONS // 2 - k) % DIRECTIONS]
    over = place[::-1][:, :, -k % DIRECTIONS]
    diagonal = place.transpose(1, 0, 2)[:, :, (DIRECTIONS // 4 - k) % DIRECTIONS]
    orders = [place.ravel(), across.ravel(), over.ravel(), across.ravel()[over.ravel()]]
    return tuple(orders + [order[diagonal.ravel()] for order in orders])


def best_turn(baseline: FloatArray, batch: FloatArray) -> int:
    """Number in `TURNS` of how a batch seems to be turned; 0 where no turn explains it.

    Args:
        baseline: Mean row of the baseline.
        batch: Mean row of the batch.
    """
    left = [float(((baseline[order] - batch) ** 2).sum()) for order in _orders()]
    best = int(np.argmin(left))
    return best if left[best] < CLEARLY * left[0] else 0


def likeness_turned(rows: FloatArray, usual: FloatArray, turn: int) -> FloatArray:
    """Cosine of each row with the usual ones when turned, less that as they are, shape (N,).

    Args:
        rows: Layouts by `orientation_rows`, shape (N, d).
        usual: Row that each is held against, shape (N, d).
        turn: Number in `TURNS`.
    """
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(usual, axis=1)
    gain = (rows * (usual[:, _orders()[turn]] - usual)).sum(axis=1)
    return np.asarray(gain / np.maximum(lengths, 1e-9))
