"""Rectangles of exactly one level, as programs paint them over what nobody shall see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray

LEAST = 0.02  # share of the area of what counts
SIDE = 4  # pixels of a side, at least
FULL = 0.97  # share of its rectangle that it fills
ACROSS = 0.75  # share of the side of the picture, beyond which it is a bar or ground
STEP, EDGE = 6, 0.5  # grey levels by which the picture leaves it, along so much of each side
ELSEWHERE = 2  # times the area of all of a level: one that the picture has anyway is ground
BLOCK = 8  # pixels of a side of blocks of JPEG: coarse ones have one level, and are no boxes
FINEST = 160  # pixels of a side that are looked at; of larger pictures some are left out
AROUND = np.ones((3, 3), dtype=np.uint8)  # a pixel, and those beside it


def painted_shares(levels: npt.NDArray[np.uint8]) -> FloatArray:
    """Share of the area that painted rectangles of one level take, shape (N,); 0 for none.

    What is as long as three quarters of a side is none: it is a bar, or ground.

    Args:
        levels: Grey levels of some pictures, shape (N, H, W).
    """
    step = -(-max(levels.shape[1:]) // FINEST)
    seen = np.ascontiguousarray(levels[:, ::step, ::step])
    plain = _plain(seen)
    shares = np.zeros(len(seen))
    least = LEAST * seen[0].size / 4  # those at its rim are not among them: of 4 x 4 four are
    for i in np.flatnonzero(plain.reshape(len(seen), -1).sum(axis=1) >= least):
        shares[i] = _painted(seen[i], plain[i]) / seen[i].size
    return shares


def _plain(levels: npt.NDArray[np.uint8]) -> BoolArray:
    """True where 3 x 3 pixels, of which this is the middle, have one level; never at a rim."""
    column = levels.reshape(-1, levels.shape[2])
    same = cv2.dilate(column, AROUND) == cv2.erode(column, AROUND)
    same = same.reshape(levels.shape)
    same[:, [0, -1]] = same[:, :, [0, -1]] = False
    return np.asarray(same)


def _painted(levels: npt.NDArray[np.uint8], plain: BoolArray) -> int:
    """Number of pixels of one picture in painted rectangles."""
    parts = cv2.connectedComponentsWithStats(plain.view(np.uint8), connectivity=4)[2][1:]
    areas = dict[int, int]()  # of rectangles, by their level
    for left, top, across, down, count in parts.tolist():
        shape = levels.shape, left, top, across, down
        if count >= FULL * across * down and _fits(*shape) and _ends(levels, *shape[1:]):
            own = int(levels[top, left])
            areas[own] = areas.get(own, 0) + (across + 2) * (down + 2)
    all_of = {own: np.count_nonzero(levels == own) for own in areas}
    return sum(area for own, area in areas.items() if all_of[own] <= (1 + ELSEWHERE) * area)


def _fits(shape: tuple[int, ...], left: int, top: int, across: int, down: int) -> bool:
    """True for a rectangle that is neither too small nor ground, a bar or a block of JPEG."""
    height, width = shape
    block = min(across, down) + 2 <= BLOCK and (
        _on_grid(left - 1, across + 2, width) and _on_grid(top - 1, down + 2, height)
    )
    small = min(across, down) + 2 < SIDE or (across + 2) * (down + 2) <= LEAST * height * width
    return not (block or small or across + 2 > ACROSS * width or down + 2 > ACROSS * height)


def _on_grid(start: int, length: int, side: int) -> bool:
    """True where a stretch begins and ends with blocks of JPEG, or with the picture."""
    end = start + length
    return start % BLOCK == 0 and (end % BLOCK == 0 or end == side)


def _ends(levels: npt.NDArray[np.uint8], left: int, top: int, across: int, down: int) -> bool:
    """True where the picture leaves a rectangle at once, on each side on which it goes on."""
    own = int(levels[top, left])
    rows, columns = slice(top - 1, top + down + 1), slice(left - 1, left + across + 1)
    around = [levels[at, columns] for at in (top - 2, top + down + 1) if 0 <= at < len(levels)]
    around += [
        levels[rows, at] for at in (left - 2, left + across + 1) if 0 <= at < levels.shape[1]
    ]
    apart = [np.abs(side.astype(np.int16) - own) >= STEP for side in around]
    return all(side.mean() >= EDGE for side in apart)
