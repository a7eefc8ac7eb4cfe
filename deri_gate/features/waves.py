"""Coarse waves of thumbnails: what is left of a picture without its shading and its grain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from deri_gate.arrays import FloatArray, IntArray

SIDE = 32  # pixels of a thumbnail
WAVES = 10  # cosines along each side
WIDTH = WAVES**2 - 1  # waves of a picture; its mean level is none
SHADING = 4.0  # sigma, in thumbnail pixels, of what counts as coarse shading
FLAT = 0.5  # grey levels of waves below which likeness would compare rounding
BATCH = 4096  # thumbnails at a time
TRANSPOSED, ROWS, COLUMNS = 4, 2, 1  # bits of an orientation: transposed first, then flipped
ORIENTATIONS = 8


@dataclass(frozen=True)
class Region:
    """Part of a thumbnail, in pixels that need not be whole."""

    top: float = 0.0
    bottom: float = SIDE
    left: float = 0.0
    right: float = SIDE


FULL = Region()


def inner(margin: float) -> Region:
    """The window without a margin on every side."""
    return Region(margin, SIDE - margin, margin, SIDE - margin)


def waves_of(thumbnails: npt.NDArray[np.uint8], window: Region) -> FloatArray:
    """Strength of each wave in a window, at unit length, shape (N, 99); zeros for flat pictures.

    Args:
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
        window: Part that is looked at; the waves are fitted to it.
    """
    return waves_in(thumbnails, (window,))[window]


def waves_in(
    thumbnails: npt.NDArray[np.uint8], windows: Iterable[Region]
) -> dict[Region, FloatArray]:
    """Waves in several windows; what those of the same columns have in common is made once."""
    waves = {
        window: np.empty((len(thumbnails), WIDTH), dtype=np.float32)
        for window in sorted(windows, key=lambda window: (window.left, window.right))
    }
    for start in range(0, len(thumbnails), BATCH):
        levels = thumbnails[start : start + BATCH].astype(np.float32)
        columns: tuple[float, float] | None = None
        for window, some in waves.items():
            if columns != (window.left, window.right):
                columns = window.left, window.right
                rows = levels @ _cosines(*columns).T
            strengths = np.matmul(_cosines(window.top, window.bottom), rows) * unshaded()
            some[start : start + BATCH] = strengths.reshape(len(levels), WIDTH + 1)[:, 1:]
    return {window: _at_unit_length(some) for window, some in waves.items()}


def _at_unit_length(waves: FloatArray) -> FloatArray:
    """Waves at unit length, written over; zeros for flat pictures."""
    lengths = np.linalg.norm(waves, axis=1, keepdims=True)
    waves /= np.maximum(lengths, FLAT)
    waves[lengths[:, 0] < FLAT] = 0.0
    return waves


def turned_waves(waves: FloatArray, orientation: int) -> FloatArray:
    """Waves of the same pictures in another orientation; those of the whole thumbnail only."""
    whole = np.concatenate([np.zeros((len(waves), 1), waves.dtype), waves], axis=1)
    grid = whole.reshape(-1, WAVES, WAVES)
    if orientation & TRANSPOSED:
        grid = grid.transpose(0, 2, 1)
    odd = 1 - 2 * (np.arange(WAVES) % 2)  # a flip changes the sign of odd waves
    if orientation & ROWS:
        grid = grid * odd[:, None]
    if orientation & COLUMNS:
        grid = grid * odd
    return np.ascontiguousarray(grid.reshape(len(waves), WIDTH + 1)[:, 1:], dtype=waves.dtype)


@cache
def relative_orientations() -> IntArray:
    """Orientation that turns a picture upright in the second as it is in the first, shape (8, 8).

    With one picture upright in orientation `a` and its copy in `b`, the copy in orientation
    `[a, b]` shows what the picture does.
    """
    corners = np.arange(4).reshape(1, 2, 2)
    views = [oriented(corners, o) for o in range(ORIENTATIONS)]
    table = np.empty((ORIENTATIONS, ORIENTATIONS), dtype=np.int64)
    for a in range(ORIENTATIONS):
        for b in range(ORIENTATIONS):
            fits = [np.array_equal(oriented(views[r], a), views[b]) for r in range(ORIENTATIONS)]
            table[a, b] = fits.index(True)
    return table


def oriented(pictures: npt.NDArray[np.generic], orientation: int) -> npt.NDArray[np.generic]:
    """Square pictures, shape (N, S, S), in another orientation."""
    seen = pictures.transpose(0, 2, 1) if orientation & TRANSPOSED else pictures
    seen = seen[:, ::-1] if orientation & ROWS else seen
    return seen[:, :, ::-1] if orientation & COLUMNS else seen


@cache
def unshaded() -> FloatArray:
    """Share of each wave that is left without coarse shading, shape (10, 10)."""
    rows, columns = np.mgrid[0:WAVES, 0:WAVES]
    squared = (rows**2 + columns**2) / (2 * SIDE) ** 2  # cycles a pixel
    return np.asarray(1 - np.exp(-2 * (np.pi * SHADING) ** 2 * squared), dtype=np.float32)


@cache
def _cosines(low: float, high: float) -> FloatArray:
    """Cosines over a part of a row, weighed by how much of each pixel is in it, shape (10, 32)."""
    pixels = np.arange(SIDE)
    inside = np.clip(np.minimum(pixels + 1, high) - np.maximum(pixels, low), 0.0, 1.0)
    number = np.arange(WAVES)[:, None]
    waves = np.cos(np.pi * number * (pixels + 0.5 - low) / (high - low))
    strength = np.where(number == 0, 1.0, np.sqrt(2.0))
    return np.asarray(waves * strength * inside / (high - low), dtype=np.float32)
