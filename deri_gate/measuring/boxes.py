"""Burnt-in boxes: rectangles of one level that their surroundings do not continue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray

    Thumbnail = npt.NDArray[np.uint8]

ALIKE = 10  # grey levels by which 3 x 3 pixels of a box differ at most: a thumbnail rings
NEAR = 14  # grey levels that a pixel of it may be from its own
STEP = 30  # grey levels by which the picture leaves it
CORNER_STEP = 30  # the same at a corner, from which on it is looked at
SIDE = 3  # pixels of each side of a corner, and of a box without its rim
ROOM = 3  # pixels from the middle of 3 x 3 plain ones to beyond the edge
FULL = 0.85  # share of its rectangle that the plain part fills
STRAY = 0.05  # share of its pixels that may differ
EDGE, ALL_EDGES = 0.85, 0.95  # shares of each edge, and of all, along which the picture leaves it
SAME = 4  # grey levels up to which a pixel elsewhere is of the level of the box
ELSEWHERE = 2  # times the area of the box: of a level that the picture has anyway it is ground
LARGEST = 0.5  # share of the picture
AT_ONCE = 4096  # thumbnails that are worked on at once
SQUARE = np.ones((3, 3), dtype=np.uint8)


def box_shares(thumbnails: Thumbnail) -> FloatArray:
    """Share of the area that the largest burnt-in box of each thumbnail takes, 0 for none.

    Args:
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
    """
    shares = np.zeros(len(thumbnails))
    for start in range(0, len(thumbnails), AT_ONCE):
        some = np.ascontiguousarray(thumbnails[start : start + AT_ONCE])
        plain = _plain(some)
        for i in np.flatnonzero(_has_corner(some, plain)):
            shares[start + i] = _largest(some[i], plain[i])
    return shares


def _plain(thumbnails: Thumbnail) -> BoolArray:
    """True for pixels in the middle of 3 x 3 of about one level, shape (N, 32, 32)."""
    apart = np.pad(thumbnails, ((0, 0), (1, 1), (0, 0)), mode="edge")
    tall = apart.reshape(-1, apart.shape[2])
    spread = cv2.subtract(cv2.dilate(tall, SQUARE), cv2.erode(tall, SQUARE))
    return np.asarray((spread <= ALIKE).reshape(apart.shape)[:, 1:-1])


def _has_corner(thumbnails: Thumbnail, plain: BoolArray) -> BoolArray:
    """True where two straight edges of a plain part meet at a right angle, shape (N,)."""
    first, last = slice(0, 1 - SIDE), slice(SIDE - 1, None)
    rows = _edges(thumbnails, plain)
    turned = np.ascontiguousarray(thumbnails.swapaxes(1, 2))
    columns = [edge.swapaxes(1, 2) for edge in _edges(turned, plain.swapaxes(1, 2))]
    corners = [
        row[:, down] & column[:, :, across]
        for row, down in zip(rows, (first, last), strict=True)
        for column, across in zip(columns, (first, last), strict=True)
    ]
    return np.asarray(np.any([corner.any(axis=(1, 2)) for corner in corners], axis=0))


def _edges(thumbnails: Thumbnail, plain: BoolArray) -> list[BoolArray]:
    """True where the picture ends above, and below, a run of plain pixels from there on."""
    steps = cv2.absdiff(thumbnails[:, ROOM:], thumbnails[:, :-ROOM]) > CORNER_STEP
    edges = np.zeros((2, *plain.shape), dtype=bool)
    edges[0, :, ROOM:] = steps & plain[:, ROOM:]
    edges[1, :, :-ROOM] = steps & plain[:, :-ROOM]
    return [edge[:, :, :-2] & edge[:, :, 1:-1] & edge[:, :, 2:] for edge in edges]


def _largest(thumbnail: Thumbnail, plain: BoolArray) -> float:
    """Share of the area of the largest box of one thumbnail, 0 for none."""
    parts = cv2.connectedComponentsWithStats(plain.view(np.uint8), connectivity=4)[2][1:]
    shares = [0.0]
    for left, top, width, height, count in parts.tolist():
        if min(width, height) >= SIDE and count >= FULL * width * height:
            inside = (
                slice(max(0, top - 1), top + height + 1),
                slice(max(0, left - 1), left + width + 1),
            )
            shares.append(_share_of_box(thumbnail.astype(np.int16), inside))
    return max(shares)


def _share_of_box(levels: npt.NDArray[np.int16], inside: tuple[slice, slice]) -> float:
    """Share of the area of a rectangle, 0 if it is no box."""
    away = np.abs(levels - np.median(levels[inside]))
    own, whole = away[inside], away.size
    if (own > NEAR).mean() > STRAY or not own.size <= LARGEST * whole:
        return 0.0
    if np.count_nonzero(away <= SAME) > (1 + ELSEWHERE) * own.size:
        return 0.0
    edges = [*_beyond(away, *inside), *_beyond(away.T, *inside[::-1])]
    if len(edges) < 2 or min(edge.mean() for edge in edges) < EDGE:  # noqa: PLR2004
        return 0.0
    return own.size / whole if np.concatenate(edges).mean() >= ALL_EDGES else 0.0


def _beyond(away: FloatArray, rows: slice, columns: slice) -> list[BoolArray]:
    """True where the picture leaves the box above and below, if it goes on there.

    One pixel of a thumbnail may hold both sides of an edge, so the next counts, too.
    """
    pairs = [away[max(0, rows.start - 2) : rows.start], away[rows.stop : rows.stop + 2]]
    return [np.any(pair[:, columns] > STEP, axis=0) for pair in pairs if len(pair)]
