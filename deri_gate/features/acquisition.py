"""Traces that a camera or a program leaves in a whole picture, whatever it shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import scipy

from deri_gate.data.picture import GREATEST, MANY, histogram

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from deri_gate.arrays import FloatArray
    from deri_gate.data.file_facts import FileFacts
    from deri_gate.data.picture_stack import PictureStack

LARGEST = 1024  # side in pixels of the middle part that is looked at
BLOCK = 8  # side of the blocks in which JPEG works
BESIDE = 3  # lines before and after the border of a block that it is held against
FAINT = 0.1  # grey levels added to steps: plain ground has none
GRID_LARGEST = 256  # side in pixels of the middle part whose blocks are taken apart: enough of them
STRONG = 4  # least coefficient of a wave (orthonormal cosines) that counts: few are 0 by chance
SMOOTH = 0.03  # share of the waves that is added: smooth blocks have next to none
# Cosines of a block of 8 pixels, as whole numbers: with levels of at most 128 their sums are exact
# in 32-bit floats, in any order.
PER_UNIT = 90
MIDDLE, WHITE = 128, 255  # grey levels
SPARSE = 17  # of so many rows one tells about where a median lies; blocks of JPEG have 8 or 16
GUESSES = 6  # levels that are looked at from there on, before all are counted
# Eight bytes are looked at together; times `ONES`, the highest byte of them is the sum of all.
EIGHT, ONES, LAST_BYTE = np.uint64, np.uint64(0x0101010101010101), np.uint64(56)


@cache
def _cosines() -> npt.NDArray[np.float32]:
    """The waves of a line of 8 pixels, a row each, shape (8, 8)."""
    cosines = np.rint(PER_UNIT * scipy.fft.dct(np.eye(BLOCK), axis=0, norm="ortho"))
    return np.asarray(cosines, dtype=np.float32)


ACQUISITION = {
    "noise_floor": "<f4", "blocks": "<f4", "grid": "<f4", "coding": "<i4", "equipment": "<u4",
    "software": "<u4", "protocol": "<u4", "month": "<i4", "bits": "u1",
}  # fmt: skip  # as they are kept


@dataclass(frozen=True, kw_only=True)
class Acquisition:
    """Traces of how pictures were taken and saved, a number of each in every column.

    Attributes:
        noise_floor: Median size of the second difference, in grey levels: noise, not edges.
        blocks: Step between pixels at the border of two 8 x 8 blocks over those beside it: median
            of all such borders, as the edge of a picture that was pasted lies on a few of them.
        grid: Share of the waves that are strong in blocks cut elsewhere, over that in the 8 x 8
            blocks of JPEG, which leaves waves out. 1 shows none, and stands where each block is
            clipped.
        coding: Number of the file format and of a JPEG's compression, see `FileFacts`.
        equipment: Number of the camera or scanner by its tags, see `FileTags`.
        software: Number of the program that wrote the file.
        protocol: Number of view, protocol, tube voltage and kernel, of DICOM.
        month: Month at which the picture was taken.
        bits: Bits in which the file keeps a value; 0 for pixels without a file.
    """

    noise_floor: FloatArray
    blocks: FloatArray
    grid: FloatArray
    coding: list[int]
    equipment: list[int]
    software: list[int]
    protocol: list[int]
    month: list[int]
    bits: list[int]


def acquisition_of(pictures: PictureStack, files: Sequence[FileFacts]) -> Acquisition:
    """Measure how each of some pictures of one shape was taken and saved."""
    middle = _middle(pictures, LARGEST)
    lines = np.hstack([_at_borders(_steps(middle.grey, across=side)) for side in (True, False)])
    return Acquisition(
        noise_floor=_medians(middle.second_differences) / 6,
        blocks=_middles(lines) if lines.size else np.ones(len(lines)),
        grid=_grids(_middle(pictures, GRID_LARGEST).grey),
        coding=[one.coding for one in files],
        equipment=[one.tags.equipment for one in files],
        software=[one.tags.software for one in files],
        protocol=[one.tags.protocol for one in files],
        month=[one.tags.month for one in files],
        bits=[one.tags.bits for one in files],
    )


def _middle(pictures: PictureStack, largest: int) -> PictureStack:
    """The middle of each picture, cut where its blocks begin."""
    starts = (
        max(0, (side - largest) // 2) // BLOCK * BLOCK for side in (pictures.height, pictures.width)
    )
    return pictures.cut(*(slice(start, start + largest) for start in starts))


def _medians(sizes: npt.NDArray[np.int16]) -> FloatArray:
    """Median of the whole numbers of each picture, shape (N,)."""
    if sizes[0].size < MANY:
        # Of 32 bits, which more processors sort by instructions for many numbers than of 16.
        return _middles(sizes.reshape(len(sizes), -1).astype(np.int32))
    return np.array([_counted(one) for one in sizes])


def _middles(rows: npt.NDArray[Any]) -> FloatArray:
    """Median of each row, by a sort: for the whole of one there are instructions."""
    return np.asarray(np.sort(rows, axis=1)[:, _places(rows.shape[1])].mean(axis=1))


def _places(count: int) -> list[int]:
    """The two places of so many ordered numbers between which the median lies."""
    return [(count - 1) // 2, count // 2]


def _counted(sizes: npt.NDArray[np.int16]) -> float:
    """Median by counting; most often it lies by one that is guessed from a few of the rows."""
    low, high = places = _places(sizes.size)
    guess = histogram(sizes[::SPARSE], levels=GREATEST + 1).cumsum()
    level = int(np.searchsorted(guess, guess[-1] // 2, side="right"))
    below, upto = (np.count_nonzero(sizes <= each) for each in (level - 1, level))
    for _ in range(GUESSES):
        if below <= low and high < upto:
            return float(level)
        if upto <= low:
            level, below, upto = level + 1, upto, np.count_nonzero(sizes <= level + 1)
        else:
            level, below, upto = level - 1, np.count_nonzero(sizes <= level - 2), below
    counts = histogram(sizes, levels=GREATEST + 1).cumsum()
    return float(np.searchsorted(counts, places, side="right").mean())


def _steps(levels: npt.NDArray[np.uint8], *, across: bool) -> npt.NDArray[np.float32]:
    """Mean size of the step to the next column, or to the next row, shape (N, columns - 1)."""
    count, height, width = levels.shape
    if (width if across else height) == 1:
        return np.empty((count, 0), dtype=np.float32)
    if across:
        tall = levels.reshape(-1, width)
        sizes = cv2.absdiff(tall[:, 1:], tall[:, :-1]).reshape(count, height, -1)
    else:
        flat = levels.reshape(count, -1)
        sizes = cv2.absdiff(flat[:, width:], flat[:, :-width]).reshape(count, -1, width)
    # Side by side or below one another, so that one call serves all.
    lines = sizes.swapaxes(0, 1).reshape(height, -1) if across else sizes.reshape(-1, width)
    sums = cv2.reduce(lines, 0 if across else 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    side = np.float32(height if across else width)
    return np.asarray(sums.reshape(count, -1).astype(np.float32) / side)


def _at_borders(steps: npt.NDArray[np.float32]) -> FloatArray:
    """Step at each border of blocks over the mean of the three before and the three after.

    Args:
        steps: Mean step of each line, shape (N, lines).
    """
    last = steps.shape[1] - BESIDE
    lines = [
        steps[:, BLOCK - 1 + i : last + i : BLOCK] + np.float32(FAINT)
        for i in range(-BESIDE, BESIDE + 1)
    ]
    border = lines.pop(BESIDE)
    return np.asarray(border * len(lines) / sum(lines))


def _grids(levels: npt.NDArray[np.uint8]) -> FloatArray:
    """Strong waves in blocks half a block aside over those in the blocks of JPEG, shape (N,)."""
    inside, elsewhere = (_strong_waves(levels[:, start:, start:]) for start in (0, BLOCK // 2))
    return np.nan_to_num((elsewhere + SMOOTH) / (inside + SMOOTH), nan=1.0)


def _strong_waves(levels: npt.NDArray[np.uint8]) -> FloatArray:
    """Share of the waves that are strong in the blocks of each picture, shape (N,).

    Clipped blocks are left out: clipping makes waves of its own. NaN where no other is left.
    """
    count, down, across = len(levels), *(side // BLOCK for side in levels.shape[1:])
    whole = levels[:, : down * BLOCK, : across * BLOCK]
    whole = whole.reshape(count * down, BLOCK, across * BLOCK)
    lines = np.ascontiguousarray(whole.swapaxes(0, 1)).reshape(BLOCK, -1)  # of a row of all blocks
    clipped = (lines - np.uint8(1) >= WHITE - 1).view(EIGHT)  # 0 becomes 255
    sound = np.bitwise_or.reduce(clipped, axis=0) == 0
    along = _cosines() @ (lines.astype(np.float32) - np.float32(MIDDLE))
    waves = along.reshape(-1, BLOCK) @ _cosines().T
    high = (np.abs(waves, out=waves) >= STRONG * PER_UNIT**2).reshape(BLOCK, -1)
    high[0, ::BLOCK] = False  # the mean is no wave
    strong = (high.view(EIGHT).sum(axis=0) * ONES >> LAST_BYTE) * sound
    totals, sounds = (each.reshape(count, down * across).sum(axis=1) for each in (strong, sound))
    shares = np.full(count, np.nan)
    np.divide(totals, sounds * (BLOCK**2 - 1), out=shares, where=sounds > 0)
    return shares
