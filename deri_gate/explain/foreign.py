"""Marks told from subjects: a mark is alike in all its images, and the rest tells no class.

A subject that tells a class in one place varies there as it does elsewhere, and the rest of the
picture tells the class as well. So a place is a subject's if both hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from deri_gate.data.sampling import spread_sample

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray

    Codes = npt.NDArray[np.uint8]

LEAST = 5  # images in which a place is compared
MARGIN = 5  # side of the square by which a place is widened, to hold the edges of a mark
NOTHING = 1e-9
STILL = 0.05  # least variation elsewhere: pictures of one drawing vary nowhere
FAINT = 0.002  # mean energy of edges, of that of the strongest, below which there are none
FOLDS = 5
MOST = 500  # images of the class, and of the others, that the rest is asked of
RIDGE = 0.02  # of the mean variance: little, so that few images tell much
COARSE, COLOURS = 16, 8  # sides of the pictures that the rest is asked of


def near(cells: BoolArray) -> BoolArray:
    """A place widened to hold the edges of a mark."""
    return np.asarray(cv2.dilate(cells.astype(np.uint8), np.ones((MARGIN, MARGIN), np.uint8)) > 0)


def unlikeness(thumbnails: Codes, chroma: Codes, cells: BoolArray, *, colour: bool) -> float:
    """Variation of the edges of a place over images, relative to edges elsewhere in them.

    Args:
        thumbnails: Grey levels of the images that show it, shape (N, 32, 32).
        chroma: Their colours, shape (N, 16, 16, 2).
        cells: The place, shape (32, 32).
        colour: Whether edges of colour are compared, not of brightness.

    Returns:
        0 where all images have the very same edges in the place, and other ones elsewhere;
        around 1 where they vary as much as elsewhere. 1 of too few images.
    """
    if len(thumbnails) < LEAST:
        return 1.0
    place = near(cells)
    if colour:
        place = np.asarray(_blocks(place, len(chroma[0])).any(axis=(1, 3)))
    planes = np.moveaxis(chroma, 3, 0) if colour else thumbnails[None]
    same, every = np.zeros(place.shape), np.zeros(place.shape)
    for plane in planes:
        for axis in (1, 2):
            step = np.diff(plane.astype(np.float32), axis=axis, prepend=0)
            step[(slice(None), 0) if axis == 1 else (slice(None), slice(None), 0)] = 0
            same += step.mean(axis=0) ** 2
            every += (step**2).mean(axis=0)
    count = len(thumbnails)  # the mean of few images is not 0 where they have nothing in common
    same = np.maximum(0.0, (count * same - every) / (count - 1))
    least = FAINT * every.max()
    elsewhere = max(STILL, _varying(same, every, ~place, least))
    return _varying(same, every, place, least) / elsewhere


def _varying(same: FloatArray, every: FloatArray, where: BoolArray, least: float) -> float:
    """Share of the energy of edges that differs between images; 1 where there is hardly any."""
    energy = every[where]
    if not energy.size or energy.mean() <= least:
        return 1.0
    return float(1 - same[where].sum() / energy.sum())


def told_by_the_rest(
    thumbnails: Codes, chroma: Codes, own: BoolArray, cells: BoolArray
) -> tuple[FloatArray, BoolArray]:
    """Ask a linear probe for a class by the pictures without a place; out of fold.

    Args:
        thumbnails: Grey levels, shape (N, 32, 32).
        chroma: Colours, shape (N, 16, 16, 2).
        own: Whether an image is of the class, shape (N,).
        cells: The place that is left out, shape (32, 32).

    Returns:
        Scores of the images that were asked, higher: more likely of the class; and which of
        them are of the class.
    """
    asked = np.sort(
        np.concatenate([spread_sample(np.flatnonzero(some), MOST) for some in (own, ~own)])
    )
    mine = own[asked]
    inputs = _without(thumbnails[asked], chroma[asked], cells)
    scores = np.zeros(len(asked))
    if not inputs.shape[1]:
        return scores, mine
    fold = np.zeros(len(asked), dtype=np.int64)
    for some in (mine, ~mine):
        fold[some] = np.arange(int(some.sum())) % FOLDS
    for turn in range(FOLDS):
        seen = fold != turn
        if mine[seen].any() and not mine[seen].all():
            scores[~seen] = _ridge(inputs[seen], mine[seen], inputs[~seen])
    return scores, mine


def _without(thumbnails: Codes, chroma: Codes, cells: BoolArray) -> FloatArray:
    """Small pictures as rows, without the place and its margin."""
    wide = near(cells)
    parts = []
    for plane, side in (
        (thumbnails, COARSE), (chroma[..., 0], COLOURS), (chroma[..., 1], COLOURS),
    ):  # fmt: skip
        block = plane.shape[1] // side
        means = plane.reshape(-1, side, block, side, block).mean(axis=(2, 4))
        parts.append(means[:, ~_blocks(wide, side).any(axis=(1, 3))])
    rows = np.concatenate(parts, axis=1)
    return np.asarray(rows - rows.mean(axis=0))


def _blocks(picture: npt.NDArray[np.generic], side: int) -> npt.NDArray[np.generic]:
    """Square picture in so many blocks a side, shape (side, block, side, block)."""
    block = len(picture) // side
    return picture.reshape(side, block, side, block)


def _ridge(inputs: FloatArray, mine: BoolArray, others: FloatArray) -> FloatArray:
    """Scores of other rows by ridge regression, in which both sides weigh the same."""
    weight = np.where(mine, 0.5 / mine.sum(), 0.5 / (~mine).sum())
    mean = weight @ inputs
    centred = inputs - mean
    spread = (centred * weight[:, None]).T @ centred
    level = RIDGE * np.trace(spread) / len(spread) + NOTHING
    target = weight * np.where(mine, 1.0, -1.0)  # their sum is 0
    solved = np.linalg.solve(spread + level * np.eye(len(spread)), centred.T @ target)
    return np.asarray((others - mean) @ solved)
