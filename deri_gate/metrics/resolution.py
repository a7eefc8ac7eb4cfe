"""Effective resolution: the pixels that the content really needs."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.data.picture import strips
from deri_gate.data.picture_stack import PictureStack
from deri_gate.metrics.base import Metric

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.data.dataset import Picture

KEPT = 0.99  # share of the contrast that the smaller picture must hold
LINES = 256  # square lines of a spectrum, at most
COMMON = 2**20  # pixels of the largest shape whose lines are kept for the next picture


def resolution(picture: Picture) -> float:
    """Side of the smallest square picture that would hold 99 % of this one's contrast.

    The spectrum of the discrete cosine transform says how far the picture can be shrunk: a
    low-pass at share f of both axes is what f W x f H pixels can carry. Width times height
    does not see that a picture was enlarged from fewer pixels; this does.

    Args:
        picture: (H, W) or (H, W, 3), uint8.

    Returns:
        Pixels, 1 (no contrast) to sqrt(W x H). Higher is better.
    """
    return float(resolution_of(PictureStack.of(picture))[0])


def resolution_of(pictures: PictureStack) -> FloatArray:
    """Effective resolution of pictures of one shape, shape (N,)."""
    levels = pictures.grey.astype(np.float32)
    spectra = scipy.fft.dctn(levels, axes=(1, 2), norm="ortho", overwrite_x=True)
    energy = np.square(spectra, out=spectra)
    energy[:, 0, 0] = 0.0  # the mean is no contrast
    count, height, width = energy.shape
    lines = min(LINES, max(height, width))
    parts = [_in_lines(energy, rows, lines) for rows in strips(height, width)]
    flat = energy.reshape(count, -1).sum(axis=1) <= height * width * 1e-6  # up to rounding
    held, places = np.sum(parts, axis=0).cumsum(axis=1), np.arange(lines + 1) / lines
    side = float(np.sqrt(height * width))
    return np.array(
        [
            1.0 if is_flat else max(1.0, float(np.interp(KEPT, one / one[-1], places)) * side)
            for one, is_flat in zip(held, flat.tolist(), strict=True)
        ]
    )


def _in_lines(energy: npt.NDArray[np.float32], rows: slice, lines: int) -> FloatArray:
    """Energy of these rows in each square line of each spectrum, shape (N, lines + 1)."""
    count, height, width = energy.shape
    numbers = _lines if height * width <= COMMON else _lines.__wrapped__
    line = numbers(height, width, rows.start, rows.stop)
    if count > 1:
        line = (line + (lines + 1) * np.arange(count)[:, None]).ravel()
    size = count * (lines + 1)
    sums = np.bincount(line, weights=energy[:, rows].ravel(), minlength=size)
    return np.asarray(sums.reshape(count, lines + 1))


@lru_cache(maxsize=4)
def _lines(height: int, width: int, top: int, bottom: int) -> IntArray:
    """Number of the square line in which each place of some rows of a spectrum lies, flat."""
    lines = min(LINES, max(height, width))
    down = np.arange(top + 1, bottom + 1) / height
    across = np.arange(1, width + 1) / width
    numbered = (np.ceil(some * lines - 1e-9).astype(np.intp) for some in (down, across))
    return np.maximum.outer(*numbered).ravel()


def paper_resolution(picture: Picture) -> float:
    """Square root of width times height."""
    height, width = picture.shape[:2]
    return float(np.sqrt(height * width))


METRIC = Metric(
    name="resolution",
    title="Effective resolution",
    better="higher",
    low=1.0,
    high=float("inf"),
    unit="px",
    scale="log",
    smallest=1.0,
    spread_floor=0.1,
    hurt_by="resolution",
    advice="Replace enlarged thumbnails by their originals.",
    source="Ahmed, Natarajan and Rao (1974), doi:10.1109/T-C.1974.223784; DERI1000, section 3.2",
    published_weight=0.0153,
    of_image=resolution,
    of_pictures=resolution_of,
)
METRIC = replace(METRIC, paper=replace(METRIC, of_image=paper_resolution, of_pictures=None))
