"""Effective resolution: the pixels that the content really needs."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
import scipy

from deri_gate.data.picture import is_large, strips
from deri_gate.data.picture_stack import PictureStack
from deri_gate.metrics.base import Metric

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.data.dataset import Picture

KEPT = 0.99  # share of the contrast that the smaller picture must hold
LINES = 256  # square lines of a spectrum, at most
CROWDED = 512  # columns of single precision, whose multiples crowd into one place of the cache
LINE = 16  # columns that a line of the cache holds


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
    levels = _rows_apart(pictures.grey)
    spectra = scipy.fft.dctn(levels, axes=(1, 2), norm="ortho", overwrite_x=True)
    energy = np.square(spectra, out=spectra)
    energy[:, 0, 0] = 0.0  # the mean is no contrast
    height, width = energy.shape[1:]
    lines = min(LINES, max(height, width))
    ends = _ends(height, lines), _ends(width, lines)
    held = np.array([_held(one, *ends) for one in energy])
    values = np.ones(len(held))
    busy = np.flatnonzero(held[:, -1] > height * width * 1e-6)  # what is less is rounding
    shares = _crossings(held[busy] / held[busy, -1:])
    values[busy] = np.maximum(1.0, shares * float(np.sqrt(height * width)))
    return values


def _rows_apart(stack: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Grey levels in single precision, with room between rows of 512, 1,024, ... columns.

    Of such rows, all pixels of a column share one place in the processor's cache, and a transform
    down the columns takes up to twice the time.
    """
    width = stack.shape[2]
    room = 0 if width % CROWDED else LINE
    levels = np.empty((*stack.shape[:2], width + room), dtype=np.float32)[..., :width]
    levels[...] = stack
    return levels


def _crossings(held: FloatArray) -> FloatArray:
    """Share of the lines that hold enough, between two lines as far as needed, shape (N,)."""
    each, after = np.arange(len(held)), np.argmax(held > KEPT, axis=1)
    low, high = held[each, after - 1], held[each, after]
    return np.asarray((after - 1 + (KEPT - low) / (high - low)) / (held.shape[1] - 1))


def _held(energy: npt.NDArray[np.float32], down: IntArray, across: IntArray) -> FloatArray:
    """Energy up to each square line of a spectrum, shape (lines + 1,).

    All that lies up to a line is a rectangle from the corner on: a summed-area table has it.
    """
    if not is_large(*energy.shape):
        return np.asarray(cv2.integral(energy, sdepth=cv2.CV_64F)[down, across])
    held, above = np.zeros(len(down)), np.zeros(energy.shape[1] + 1)
    for rows in strips(*energy.shape):
        sums = cv2.integral(energy[rows], sdepth=cv2.CV_64F)
        here = (rows.start < down) & (down <= rows.stop)
        held[here] = above[across[here]] + sums[down[here] - rows.start, across[here]]
        above += sums[-1]
    return held


@lru_cache(maxsize=64)
def _ends(side: int, lines: int) -> IntArray:
    """Number of places of one side that lie up to each square line, shape (lines + 1,)."""
    line = np.ceil(np.arange(1, side + 1) / side * lines - 1e-9)
    return np.searchsorted(line, np.arange(lines + 1), side="right")


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
