"""Upright forms of pictures: one form for a picture and its mirrored or turned copies.

Every thumbnail is brought upright: transposed and flipped so that its coarsest waves have one
order and sign. A picture whose waves leave it open has several forms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from deri_gate.features.candidates import CODE
from deri_gate.features.found_pairs import FoundPairs
from deri_gate.features.picture_set import codes_in_order
from deri_gate.features.waves import (
    COLUMNS,
    FULL,
    ORIENTATIONS,
    ROWS,
    TRANSPOSED,
    oriented,
    relative_orientations,
    turned_waves,
    waves_of,
)
from deri_gate.features.whitening import whitening_of
from deri_gate.runtime.engine import map_in_order

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray

    Numbers = npt.NDArray[np.int32]

Code = TypeVar("Code", np.float16, np.int8)
WORDS = (
    "", "mirrored", "mirrored", "turned", "mirrored and turned", "turned", "turned",
    "mirrored and turned",
)  # fmt: skip  # of each orientation, for people
AT_ONCE = 2048  # forms whose waves are held
UNSURE = 0.5  # grey levels of a coarse wave that leave its sign open


@dataclass(frozen=True, kw_only=True)
class UprightForms(Generic[Code]):
    """Upright forms of pictures.

    Attributes:
        owners: Position of the picture that each form is of, shape (F,).
        orientations: Orientation that makes it upright, shape (F,).
        codes: Unit vectors by which forms are compared, shape (F, 64).
        plain: True for the form of each picture that is upright without a doubt, or with the
            least, shape (F,).
    """

    owners: Numbers
    orientations: npt.NDArray[np.uint8]
    codes: npt.NDArray[Code]
    plain: BoolArray

    def kept(self, some: BoolArray) -> UprightForms[Code]:
        """Chosen forms, by a mask."""
        return UprightForms(
            owners=self.owners[some],
            orientations=self.orientations[some],
            codes=self.codes[some],
            plain=self.plain[some],
        )

    def pairs(self, here: IntArray, there: IntArray, likeness: FloatArray) -> FoundPairs:
        """Pairs of pictures of which one may be the other, turned, from pairs of their forms.

        Args:
            here: Positions of forms, shape (M,).
            there: Positions of others.
            likeness: Likeness of each pair.
        """
        swap = self.owners[here] > self.owners[there]
        first, second = np.where(swap, there, here), np.where(swap, here, there)
        pairs = np.stack([self.owners[first], self.owners[second]], axis=1, dtype=np.int64)
        differ = self.orientations[first] != self.orientations[second]
        differ &= pairs[:, 0] != pairs[:, 1]
        turns = relative_orientations()[self.orientations[first], self.orientations[second]]
        return FoundPairs(pairs, likeness, turns).kept(differ)


def upright_forms(
    thumbnails: npt.NDArray[np.uint8],
    sample: IntArray,
    workers: int = 1,
    *,
    coded: Callable[[FloatArray], npt.NDArray[Code]],
) -> UprightForms[Code]:
    """Bring pictures upright.

    Args:
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
        sample: Positions of different pictures, from which is learnt what all have in common.
        workers: Threads; 0 for as many as there are processors.
        coded: Form in which vectors are held.
    """

    def upright(start: int) -> tuple[Numbers, npt.NDArray[np.uint8], BoolArray]:
        every = _upright_by(thumbnails[start : start + AT_ONCE])
        owners, orientations = np.nonzero(every > -UNSURE)
        plain = orientations == every.argmax(axis=1)[owners]
        return (owners + start).astype(np.int32), orientations.astype(np.uint8), plain

    starts = range(0, max(1, len(thumbnails)), AT_ONCE)
    parts = zip(*map_in_order(upright, starts, workers=workers), strict=True)
    owners, orientations, plain = map(np.concatenate, parts)
    one = np.searchsorted(owners, sample)  # the first form of each
    whitening = whitening_of(_upright_waves(thumbnails, owners[one], orientations[one]))

    def codes_of(some: slice) -> npt.NDArray[Code]:
        waves = _upright_waves(thumbnails, owners[some], orientations[some])
        return coded(whitening.coarse(waves, CODE))

    return UprightForms(
        owners=owners,
        orientations=orientations,
        codes=codes_in_order(codes_of, len(owners), AT_ONCE, workers),
        plain=plain,
    )


def _upright_waves(
    thumbnails: npt.NDArray[np.uint8], owners: Numbers, orientations: npt.NDArray[np.uint8]
) -> FloatArray:
    """Waves of pictures that are brought upright, shape (n, 99)."""
    waves = waves_of(thumbnails[owners], FULL)
    for orientation in np.unique(orientations).tolist():
        own = orientations == orientation
        waves[own] = turned_waves(waves[own], orientation)
    return waves


def _upright_by(thumbnails: npt.NDArray[np.uint8]) -> FloatArray:
    """Grey levels by which an image is upright in each orientation, shape (N, 8).

    The wave along the columns is the stronger one then, and both waves begin bright.
    """
    side = thumbnails.shape[-1]
    wave = np.cos(np.pi * (2 * np.arange(side) + 1) / (2 * side)) / side**2
    along = thumbnails.sum(axis=1) @ wave  # changes sign when columns are flipped
    down = thumbnails.sum(axis=2) @ wave
    upright = np.empty((len(thumbnails), ORIENTATIONS))
    for orientation in range(ORIENTATIONS):
        first, second = (down, along) if orientation & TRANSPOSED else (along, down)
        order = np.abs(first) - np.abs(second)
        first = -first if orientation & COLUMNS else first
        second = -second if orientation & ROWS else second
        upright[:, orientation] = np.minimum(order, np.minimum(first, second))
    return upright


def turn_between(picture: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> str:
    """Word for how one thumbnail is to be moved to show the other best; empty as it is."""
    levels = other.astype(np.int16)
    apart = [np.abs(oriented(picture[None], o)[0] - levels).sum() for o in range(ORIENTATIONS)]
    return WORDS[int(np.argmin(apart))]
