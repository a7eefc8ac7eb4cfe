"""Are the images in focus?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from deri_gate.data.picture import LARGE, grey, laplacians
from deri_gate.data.picture_stack import PictureStack, in_one_line
from deri_gate.metrics.base import Metric

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import FloatArray
    from deri_gate.data.dataset import Picture


COMMON = 28  # side in pixels of the square with as many pixels as a picture is shrunk to
# Pixels from which on four sums at once pay what it takes to lay them side by side.
FOURFOLD = 2**16
# And up to which: they take nine bytes a pixel, which a bomb of many pixels must not.
MOST_FOURFOLD = 2**24


def sharpness(picture: Picture) -> float:
    """Strength of the edges at a common scale: variance of the Laplacian, grain left out.

    A picture with more pixels is first shrunk to as many as 28 x 28 has. Measured at its own
    scale the same picture counts as less sharp the larger its file is: brain MRI 47, 83 and 86
    of 100 at 224, 64 and 28 px. What is blurred on a finer scale than this, `resolution` sees.
    A 3 x 3 median filter follows. It keeps edges and takes away grain, which the plain
    variance takes for sharpness: noise of sigma 8 raises that up to ninefold, this by a tenth
    on most sets, while a blur of one pixel lowers both by four fifths.

    Args:
        picture: (H, W) or (H, W, 3), uint8.

    Returns:
        Grey levels squared, 0 (no edge at all) upwards. Higher is better.
    """
    return float(sharpness_of(PictureStack.of(picture))[0])


def sharpness_of(pictures: PictureStack) -> FloatArray:
    """Sharpness of pictures of one shape, shape (N,)."""
    small = _at_common_scale(pictures.grey)
    quiet = in_one_line(lambda seen: cv2.medianBlur(seen, 3), small, repeats=True)
    edges = in_one_line(lambda seen: cv2.Laplacian(seen, cv2.CV_16S), quiet)
    edges = edges.reshape(len(edges), -1).astype(np.float64)  # whole numbers, whose sums are exact
    totals, squares = edges.sum(axis=1), np.einsum("ni,ni->n", edges, edges)
    return np.asarray((edges.shape[1] * squares - totals**2) / edges.shape[1] ** 2)


def _at_common_scale(stack: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Pictures with about 28 x 28 pixels, their aspect kept; as they are if they have no more."""
    height, width = stack.shape[1:]
    scale = COMMON / float(np.sqrt(height * width))
    if scale >= 1:
        return stack
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.stack([averaged(one, size) for one in stack])


def averaged(levels: Picture, size: tuple[int, int]) -> Picture:
    """A picture averaged over areas, of this width and height; a large one in half the time.

    Across and then down, OpenCV adds the same numbers in the same order. Each sum waits for the one
    before it: of a quarter of the rows in each of four channels, four are made at once. Sides that
    are multiples are added in another order, and stay whole.
    """
    (height, width), (across, down) = levels.shape, size
    worth_it = FOURFOLD <= levels.size <= MOST_FOURFOLD
    if not worth_it or not width % across or not height % down:
        return np.asarray(cv2.resize(levels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    quarter = -(-height // 4)
    filled = cv2.copyMakeBorder(levels, 0, 4 * quarter - height, 0, 0, cv2.BORDER_REPLICATE)
    lanes = cv2.merge(filled.reshape(4, quarter, width)).astype(np.float32)
    narrow = cv2.resize(lanes, (across, quarter), interpolation=cv2.INTER_AREA)
    rows = np.concatenate(cv2.split(narrow))[:height]
    small = np.rint(cv2.resize(rows, size, interpolation=cv2.INTER_AREA))
    return np.asarray(small.clip(0, 255), dtype=np.uint8)


def paper_sharpness(picture: Picture) -> float:
    """Variance of the Laplacian of the grey image, as the paper has it; rises with noise."""
    return _laplacian_variance(grey(picture))


def _laplacian_variance(levels: Picture) -> float:
    if levels.size <= LARGE:
        return float(cv2.Laplacian(levels, cv2.CV_64F).var())
    count, total, squares = levels.size, 0, 0
    for part in laplacians(levels):  # whole numbers, whose sums are exact
        total += int(part.sum())
        squares += int(np.square(part).sum())
    return (count * squares - total**2) / count**2


METRIC = Metric(
    name="sharpness",
    title="Sharpness",
    better="higher",
    low=0.0,
    high=float("inf"),
    unit="levels²",
    scale="log",
    smallest=1.0,
    spread_floor=0.2,
    hurt_by="sharpness",
    advice="Take the image again in focus, or remove it.",
    source="Pech-Pacheco et al. (2000), doi:10.1109/ICPR.2000.903548; DERI1000, section 3.2",
    published_weight=0.0699,
    version=2,
    of_image=sharpness,
    of_pictures=sharpness_of,
)
METRIC = replace(
    METRIC, paper=replace(METRIC, version=1, of_image=paper_sharpness, of_pictures=None)
)
