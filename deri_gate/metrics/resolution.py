"""How many pixels does the content really need?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.metric import Metric
from deri_gate.picture import grey

if TYPE_CHECKING:
    from deri_gate.dataset import Picture

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
    from scipy.fft import dctn  # noqa: PLC0415  # scipy loads when first needed

    levels = grey(picture).astype(np.float32)
    energy = dctn(levels, norm="ortho") ** 2
    energy[0, 0] = 0.0  # the mean is no contrast
    height, width = levels.shape
    if energy.sum() <= levels.size * 1e-6:  # flat, up to rounding
        return 1.0
    lines = min(256, max(height, width))
    frequency = np.maximum.outer(np.arange(1, height + 1) / height, np.arange(1, width + 1) / width)
    line = np.ceil(frequency * lines - 1e-9).astype(np.int64)
    held = np.bincount(line.ravel(), weights=energy.ravel(), minlength=lines + 1).cumsum()
    share = float(np.interp(KEPT, held / held[-1], np.arange(lines + 1) / lines))
    return max(1.0, share * float(np.sqrt(height * width)))


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
    advice="Replace enlarged thumbnails by the originals.",
    source="Ahmed, Natarajan and Rao (1974), doi:10.1109/T-C.1974.223784; DERI1000, section 3.2",
    of_image=resolution,
)
METRIC = replace(METRIC, paper=replace(METRIC, of_image=paper_resolution))
