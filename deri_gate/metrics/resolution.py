"""Effective resolution: the pixels that the content really needs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.data.picture import grey, strips
from deri_gate.metrics.base import Metric

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.data.dataset import Picture

KEPT = 0.99  # share of the contrast that the smaller picture must hold


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
    spectrum = scipy.fft.dctn(grey(picture).astype(np.float32), norm="ortho", overwrite_x=True)
    energy = np.square(spectrum, out=spectrum)
    energy[0, 0] = 0.0  # the mean is no contrast
    height, width = energy.shape
    if energy.sum() <= energy.size * 1e-6:  # flat, up to rounding
        return 1.0
    lines = min(256, max(height, width))
    parts = [_in_lines(energy, rows, lines) for rows in strips(height, width)]
    held = np.sum(parts, axis=0).cumsum()
    share = float(np.interp(KEPT, held / held[-1], np.arange(lines + 1) / lines))
    return max(1.0, share * float(np.sqrt(height * width)))


def _in_lines(energy: npt.NDArray[np.float32], rows: slice, lines: int) -> FloatArray:
    """Energy of these rows in each square line of the spectrum."""
    height, width = energy.shape
    down = _line(np.arange(rows.start + 1, rows.stop + 1) / height, lines)
    across = _line(np.arange(1, width + 1) / width, lines)
    line = np.maximum.outer(down, across).ravel()
    return np.asarray(np.bincount(line, weights=energy[rows].ravel(), minlength=lines + 1))


def _line(frequency: FloatArray, lines: int) -> IntArray:
    return np.asarray(np.ceil(frequency * lines - 1e-9), dtype=np.intp)


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
)
METRIC = replace(METRIC, paper=replace(METRIC, of_image=paper_resolution))
