"""Frames and blank parts of pictures: how wide they are, and how straight they end."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray

    Levels = npt.NDArray[np.int16]

Kind = TypeVar("Kind", bound=np.generic)

ALIKE = 3  # grey levels by which the pixels of a border may differ
# Those of a strip whose edge is looked at may differ by more: a thumbnail rings beside an edge.
RINGING = 8
STEP = 12  # grey levels by which a pixel leaves the strip beside it
# Share of a side along which the picture begins at once. Lines that were drawn have from .41 on,
# dark ground around what a picture shows has up to .34.
STRAIGHT = 0.4
# A deep frame leaves less of the side. Of what it leaves, so much: a disk there has up to .64.
FULL = 0.8
NARROW = 8  # pixels that it leaves at least: a spot of fewer is as straight as a square
# Of a frame each edge does so along more, for four edges may look straight by chance: dark ground
# around what a picture shows does so along less of at least one side.
FRAMED_STRAIGHT = 0.45
FRAME = 0.2  # share of the area: two pixels on each side of a thumbnail are more
# How straight a plain part ends: along a line, or all around as a frame does.
ONE_LINE, ALL_AROUND = 1, 2
# Inside a picture a blank ends more abruptly than a cyst or a shadow does, and in a longer line.
STEEP = 24  # grey levels by which a pixel leaves the blank beside it
LONG = 17  # pixels of its rim in one line: natural ground has up to 15 where it looks like damage
LARGE = 0.1  # share of the area, below which it is no blank
DIRECTIONS = 36  # in which lines are looked for
AT_ONCE = 4096  # thumbnails that are worked on at once


def border_shares(thumbnails: npt.NDArray[np.uint8] | Levels, *, alike: int = ALIKE) -> FloatArray:
    """Share of the area that rows and columns of one level take around each thumbnail.

    Args:
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
        alike: Grey levels by which the pixels of the border may differ.
    """
    levels = thumbnails.astype(np.int16)
    height = levels.shape[1] - _strip(levels, alike) - _strip(levels[:, ::-1], alike)
    across = levels.transpose(0, 2, 1)
    width = across.shape[1] - _strip(across, alike) - _strip(across[:, ::-1], alike)
    inside = np.maximum(height, 0) * np.maximum(width, 0)
    return np.asarray(1 - inside / (levels.shape[1] * levels.shape[2]))


def straight_shares(thumbnails: npt.NDArray[np.uint8]) -> FloatArray:
    """Depth of the deepest plain strip along a side, times the part of its edge that is abrupt.

    About 0.5 of a picture of which half is blank; little where dark ground ends as a head does.

    Args:
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
    """
    levels = thumbnails.astype(np.int16)
    strips = [(side, _strip(side, RINGING)) for side in _sides(levels)]
    areas = [strip * _columns_left(side, strip) for side, strip in strips]
    return np.asarray(np.max(areas, axis=0) / (levels.shape[1] * levels.shape[2]))


def plain_strips(thumbnails: npt.NDArray[np.uint8]) -> IntArray:
    """Rows of one level at the top and bottom, and columns on the left and right, shape (N, 4).

    Args:
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
    """
    levels = thumbnails.astype(np.int16)
    return np.stack([_strip(side, RINGING) for side in _sides(levels)], axis=1)


def straightness(thumbnails: npt.NDArray[np.uint8]) -> IntArray:
    """Grade how straight plain parts end: `ONE_LINE`, `ALL_AROUND`, or 0.

    A part that was blanked ends in a straight line, and the picture begins all along it. So does a
    frame on all four sides. Black around a hand or an eye ends where the hand does. 0 for a
    picture that is one level.

    Args:
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
    """
    grades = np.zeros(len(thumbnails), dtype=np.int64)
    for start in range(0, len(thumbnails), AT_ONCE):
        levels = thumbnails[start : start + AT_ONCE].astype(np.int16)
        grades[start : start + AT_ONCE] = np.where(_beside(levels) | _inside(levels), ONE_LINE, 0)
        grades[start : start + AT_ONCE][_around(levels)] = ALL_AROUND
    return grades


def _around(levels: Levels) -> BoolArray:
    """True where a frame on all four sides ends straight along each."""
    columns = [_columns_left(side, _strip(side, RINGING)) for side in _sides(levels)]
    straight = np.min(columns, axis=0) >= FRAMED_STRAIGHT * levels.shape[1]
    return np.asarray(straight & (border_shares(levels) >= FRAME))


def _beside(levels: Levels) -> BoolArray:
    """True where a strip along a side ends straight.

    Of a side the part between the strips beside it may do, lest a deep frame lacks an edge.
    """
    top, bottom, left, right = strips = [_strip(side, RINGING) for side in _sides(levels)]
    size = levels.shape[1]
    across, down = size - left - right, size - top - bottom
    found = np.zeros(len(levels), dtype=bool)
    for side, strip, between in zip(
        _sides(levels), strips, (across, across, down, down), strict=True
    ):
        columns = _columns_left(side, strip)
        found |= columns >= STRAIGHT * size
        found |= (between >= NARROW) & (columns >= FULL * between)
    return found


def _inside(levels: Levels) -> BoolArray:
    """True where a blank has a straight rim, anywhere and in any direction."""
    found = np.zeros(len(levels), dtype=bool)
    for extreme in (levels.min(axis=(1, 2)), levels.max(axis=(1, 2))):
        blank = np.abs(levels - extreme[:, None, None]) <= ALIKE
        rows = blank[:, 1:] & blank[:, :-1]
        solid = rows[:, :, 1:] & rows[:, :, :-1]  # as a pattern of pixels is not
        some = np.flatnonzero((solid.mean(axis=(1, 2)) >= LARGE) & ~found)
        found[some] = _longest_line(_rims(levels[some], extreme[some])) >= LONG
    return found


def _sides(pictures: npt.NDArray[Kind]) -> Iterator[npt.NDArray[Kind]]:
    """The pictures, each side of them at the top in turn."""
    for turned in (pictures, pictures.transpose(0, 2, 1)):
        yield turned
        yield turned[:, ::-1]


def _columns_left(levels: Levels, strip: IntArray) -> IntArray:
    """Number of columns in which one of the two rows below the strip leaves its level."""
    last = levels.shape[1] - 1
    first, pictures = levels[:, :1].mean(axis=2), np.arange(len(levels))
    below = [levels[pictures, np.minimum(strip + row, last)] for row in (0, 1)]
    left = np.any([np.abs(row - first) > STEP for row in below], axis=0)
    return np.where((strip > 0) & (strip <= last), left.sum(axis=1), 0)


def _rims(levels: Levels, blank: Levels) -> BoolArray:
    """True for pixels of a level next to which, or next but one, the picture is far from it.

    Args:
        levels: The pictures, shape (N, 32, 32).
        blank: A level of each, shape (N,).
    """
    away = np.abs(levels - blank[:, None, None])
    rims = np.zeros(levels.shape, dtype=bool)
    for distance, rim in zip(_sides(away), _sides(rims), strict=True):
        inside, far = distance <= ALIKE, distance > STEEP
        rim[:, :-1] |= inside[:, :-1] & far[:, 1:]
        # A thumbnail has a pixel of both sides between them.
        rim[:, :-2] |= inside[:, :-2] & ~inside[:, 1:-1] & far[:, 2:]
    return rims


def _longest_line(rims: BoolArray) -> IntArray:
    """Most pixels of each rim within a straight line one pixel wide, in any direction."""
    longest = np.zeros(len(rims), dtype=np.int64)
    enough = np.flatnonzero(rims.sum(axis=(1, 2)) >= LONG)  # the others have no line of note
    some = rims[enough].reshape(len(enough), rims.shape[1] * rims.shape[2]).astype(np.float32)
    row, column = (axis.ravel() for axis in np.indices(rims.shape[1:]))
    for angle in np.arange(DIRECTIONS) * np.pi / DIRECTIONS:
        # Rounded, so that no platform puts a pixel between two lines into another one.
        place = np.floor(np.round(np.cos(angle) * column + np.sin(angle) * row, 6))
        within = (place[:, None] == np.arange(place.min(), place.max() + 1)).astype(np.float32)
        longest[enough] = np.maximum(longest[enough], (some @ within).max(axis=1))
    return longest


def _strip(levels: Levels, alike: int) -> IntArray:
    """Number of leading rows of one level, that of the first, in each picture."""
    strips = np.zeros(len(levels), dtype=np.int64)
    begin = np.flatnonzero(
        np.ptp(levels[:, 0], axis=1) <= alike
    )  # of most pictures no row is plain
    some = levels[begin]
    plain = some.max(axis=2) - some.min(axis=2) <= alike
    means = some.mean(axis=2)
    plain &= np.abs(means - means[:, :1]) <= alike
    strips[begin] = np.cumprod(plain, axis=1).sum(axis=1)
    return strips
