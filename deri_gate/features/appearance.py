"""Measures of a whole picture that its thumbnail does not show: detail, flat and clipped parts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from deri_gate.data.picture import MANY
from deri_gate.data.picture_stack import PictureStack, in_one_call
from deri_gate.features.finest_detail import ORDERS, SIDES, fine_steps, peaks
from deri_gate.features.handling import BLACK, WHITE, interlacing, uneven_levels
from deri_gate.features.painted import painted_shares

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray

LARGEST = 1024  # side in pixels of the middle part that is looked at
SCALES = 3  # the picture, and twice at half of its size
HANDLED = 128  # side of the middle part in which signs of handling are looked for
LEAST = 4  # pixels of the shorter side of a scale
BLUR = cv2.getGaussianKernel(5, 1.0, cv2.CV_32F)

APPEARANCE = {
    "detail": ("<f4", (SCALES,)),
    "flat": ("<f4", ()),
    "black": ("<f4", ()),
    "white": ("<f4", ()),
    "lines": ("<f4", ()),
    "interlacing": ("<f4", ()),
    "uneven": ("<f4", ()),
    "painted": ("<f4", ()),
    "steps": ("<f4", (SIDES, len(ORDERS))),
    "peaks": ("<f4", ()),
    "spikes": ("<f4", ()),
}  # as they are kept


@dataclass(frozen=True, kw_only=True)
class Appearance:
    """Measures of pictures, a row of each in every column.

    Attributes:
        detail: Root mean square of what a blur of 1 pixel takes away, in grey levels, of the
            picture and twice at half of its size, (N, 3); 0 where a scale has fewer than 4 pixels.
        flat: Share of the pixels equal to those to the right and below, 0 to 1.
        black: Share of the pixels below level 4, 0 to 1.
        white: Share of the pixels above level 251, 0 to 1.
        lines: Contrast of whole rows, or whole columns, with those beside them, in grey levels:
            root mean square of the second difference of their means, of the more contrasting two.
        interlacing: Mean step to the next line over that to the next but one, of rows or columns,
            whichever is more: above 1 where every other line does not fit.
        uneven: How much neighbouring levels differ in how often they occur; 1 is chance.
        painted: Share of the area in rectangles of exactly one level, 0 to 1.
        steps: Mean size of the first, second and fourth difference from pixel to pixel, in grey
            levels, down the rows and along them, (N, 2, 3).
        peaks: Share of the pixels lighter, or darker, than all eight around them, 0 to 1.
        spikes: Levels by which three of a thousand pixels stand out so.
    """

    detail: FloatArray
    flat: FloatArray
    black: FloatArray
    white: FloatArray
    lines: FloatArray
    interlacing: FloatArray
    uneven: FloatArray
    painted: FloatArray
    steps: FloatArray
    peaks: FloatArray
    spikes: FloatArray


def appearance_of(pictures: PictureStack) -> Appearance:
    """Measure the middle of each of some pictures of one shape."""
    levels = _middle(pictures, LARGEST).grey
    middle = _middle(pictures, HANDLED)
    share, spikes = peaks(middle.grey)
    return Appearance(
        detail=_details(levels),
        flat=_flat_shares(levels),
        black=_shares(levels < BLACK),
        white=_shares(levels > WHITE),
        lines=_lines(levels),
        interlacing=interlacing(middle.grey),
        uneven=uneven_levels(middle.histograms),
        painted=painted_shares(levels),
        steps=fine_steps(middle.grey),
        peaks=share,
        spikes=spikes,
    )


def _middle(pictures: PictureStack, largest: int) -> PictureStack:
    starts = (max(0, (side - largest) // 2) for side in (pictures.height, pictures.width))
    return pictures.cut(*(slice(start, start + largest) for start in starts))


def _shares(pixels: BoolArray) -> FloatArray:
    """Share of the pixels of each picture that are true, shape (N,)."""
    return np.asarray(_counts(pixels) / pixels[0].size)


def _counts(pixels: BoolArray) -> IntArray:
    """Number of the pixels of each picture that are true, shape (N,)."""
    if pixels[0].size >= MANY:
        return np.array([np.count_nonzero(one) for one in pixels])  # with an axis it is slow
    rows = pixels.view(np.uint8).reshape(len(pixels), -1)
    return np.asarray(cv2.reduce(rows, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)).ravel()


def _flat_shares(levels: npt.NDArray[np.uint8]) -> FloatArray:
    """Share of the pixels equal to those to the right and below, shape (N,).

    All are compared as one long line; those that have no pixel beside them are left out then.
    """
    width, pixels = levels.shape[2], levels.ravel()
    same = np.zeros(levels.shape, dtype=np.bool_)
    line, last = same.reshape(-1), max(0, pixels.size - width - 1)
    np.equal(pixels[:last], pixels[1 : last + 1], out=line[:last])
    line[:last] &= pixels[:last] == pixels[width : width + last]
    same[:, -1] = same[:, :, -1] = False
    return np.asarray(_counts(same) / max(1, same[0, 1:, 1:].size))


def _lines(levels: npt.NDArray[np.uint8]) -> FloatArray:
    """Contrast of rows or columns with those beside them, of the more contrasting, shape (N,)."""
    count, height, width = levels.shape
    rows = cv2.reduce(levels.reshape(-1, width), 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    if count == 1:
        columns = cv2.reduce(levels[0], 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    else:
        columns = levels.sum(axis=1, dtype=np.int32)
    return np.maximum(_contrasts(rows.reshape(count, height) / width), _contrasts(columns / height))


def _contrasts(means: FloatArray) -> FloatArray:
    """Root mean square of half the second difference of each row, shape (N,); 0 without any."""
    apart = np.diff(means, n=2) / 2
    return np.asarray(np.sqrt(np.square(apart).sum(axis=1) / max(1, apart.shape[1])))


def _details(levels: npt.NDArray[np.uint8]) -> FloatArray:
    """Detail of each of some pictures at each scale, shape (N, H, W) to (N, scales)."""
    seen, detail = levels, np.zeros((len(levels), SCALES))
    for scale in range(SCALES):
        if min(seen.shape[1:]) < LEAST:
            break
        blurred = in_one_call(_blurred, seen, reach=2)
        sharp = seen.astype(np.float32, copy=False)
        detail[:, scale] = _distances(sharp, blurred) / math.sqrt(sharp[0].size)
        seen = np.ascontiguousarray(blurred[:, ::2, ::2])
    return detail


def _blurred(seen: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Picture blurred by 1 pixel, in single precision; of 8 bits it takes half the time."""
    return np.asarray(cv2.sepFilter2D(seen, cv2.CV_32F, BLUR, BLUR))


def _distances(some: FloatArray, others: FloatArray) -> FloatArray:
    """Root of the sum of squared differences of each two pictures, shape (N,)."""
    if some[0].size >= MANY:
        both = zip(some, others, strict=True)
        return np.array([cv2.norm(one, other, cv2.NORM_L2) for one, other in both])
    apart = np.subtract(some, others, dtype=np.float64).reshape(len(some), -1)
    return np.asarray(np.sqrt(np.square(apart, out=apart).sum(axis=1)))
