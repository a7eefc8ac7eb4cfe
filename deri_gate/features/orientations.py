"""One picture in two orientations: candidates from an index of upright forms, then confirmed.

Every thumbnail is brought upright first: transposed and flipped so that its coarsest waves have
one order and sign. Copies that are mirrored or turned by quarters then have one form, and are
found as near duplicates are. A picture whose waves leave it open has several forms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.crowded import crowded_pairs
from deri_gate.features.near_duplicates import (
    MOST,
    ONE_PICTURE,
    band_mates,
    details_of,
    first_of_equal,
    perceptual_hashes,
    rank_among_equal,
    saved_again,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, IntArray
    from deri_gate.features.near_duplicates import Pairs

TRANSPOSED, ROWS, COLUMNS = 4, 2, 1  # bits of an orientation: transposed first, then flipped
WORDS = (
    "", "mirrored", "mirrored", "turned", "mirrored and turned", "turned", "turned",
    "mirrored and turned",
)  # fmt: skip  # of each orientation, for people
UNSURE = 0.5  # grey levels of a coarse wave that leave its sign open
BITS_APART = 4  # of the hashes of upright forms
BATCH = 4096  # thumbnails at a time


def oriented(thumbnails: npt.NDArray[np.uint8], orientations: IntArray) -> npt.NDArray[np.uint8]:
    """Each thumbnail in the orientation given for it; shape (N, 32, 32)."""
    found = np.empty_like(thumbnails)
    for orientation in np.unique(orientations).tolist():
        own = orientations == orientation
        found[own] = _oriented(thumbnails[own], orientation)
    return found


def _oriented(thumbnails: npt.NDArray[np.uint8], orientation: int) -> npt.NDArray[np.uint8]:
    seen = thumbnails.transpose(0, 2, 1) if orientation & TRANSPOSED else thumbnails
    seen = seen[:, ::-1] if orientation & ROWS else seen
    return seen[:, :, ::-1] if orientation & COLUMNS else seen


@dataclass(frozen=True, kw_only=True)
class _Forms:
    """Upright forms of pictures.

    Attributes:
        thumbnails: 32 x 32 grey levels of every image, shape (N, 32, 32).
        owners: Position of the image that each form is of, shape (F,).
        orientations: Orientation that makes it upright, shape (F,).
    """

    thumbnails: npt.NDArray[np.uint8]
    owners: IntArray
    orientations: IntArray

    def at(self, some: IntArray) -> npt.NDArray[np.uint8]:
        """Upright thumbnails of these forms."""
        return oriented(self.thumbnails[self.owners[some]], self.orientations[some])

    def hashes(self) -> npt.NDArray[np.uint64]:
        """Perceptual hashes of all forms."""
        starts = range(0, len(self.owners), BATCH)
        parts = (np.arange(s, min(s + BATCH, len(self.owners))) for s in starts)
        hashes = [perceptual_hashes(self.at(part)) for part in parts]
        return np.concatenate([np.empty(0, dtype=np.uint64), *hashes])

    def differ(self, pairs: Pairs) -> BoolArray:
        """True for pairs of two images that are not upright in one orientation."""
        left, right = pairs[:, 0], pairs[:, 1]
        another = self.orientations[left] != self.orientations[right]
        return np.asarray(another & (self.owners[left] != self.owners[right]))


def turned_copies(thumbnails: npt.NDArray[np.uint8]) -> Pairs:
    """Pairs of images of which one is the other mirrored or turned by quarters, shape (M, 2).

    The pictures agree then as two files of one picture must, see `saved_again`. A picture that is
    symmetric is no copy of itself; two copies of it are pairs here too.

    Args:
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
    """
    forms = _forms(thumbnails)
    parts = [np.empty((0, 2), dtype=np.int64)]
    for pairs in _candidates(forms):
        some = np.unique(pairs[forms.differ(pairs)], axis=0)
        parts.append(np.sort(forms.owners[some[_confirmed(forms, some)]], axis=1))
    return np.unique(np.concatenate(parts), axis=0)


def _forms(thumbnails: npt.NDArray[np.uint8]) -> _Forms:
    """Upright forms of images with different thumbnails."""
    heads = np.unique(first_of_equal(thumbnails))
    upright = _upright(thumbnails)[heads]
    position, orientation = np.nonzero(upright)
    return _Forms(thumbnails=thumbnails, owners=heads[position], orientations=orientation)


def _upright(thumbnails: npt.NDArray[np.uint8]) -> BoolArray:
    """True for orientations in which an image is upright, shape (N, 8).

    The wave along the columns is the stronger one then, and both waves begin bright.
    """
    side = thumbnails.shape[-1]
    wave = np.cos(np.pi * (2 * np.arange(side) + 1) / (2 * side)) / side**2
    along = thumbnails.sum(axis=1) @ wave  # changes sign when columns are flipped
    down = thumbnails.sum(axis=2) @ wave
    upright = np.empty((len(thumbnails), 8), dtype=bool)
    for orientation in range(8):
        first, second = (down, along) if orientation & TRANSPOSED else (along, down)
        order = np.abs(first) - np.abs(second)
        first = -first if orientation & COLUMNS else first
        second = -second if orientation & ROWS else second
        upright[:, orientation] = np.minimum(order, np.minimum(first, second)) > -UNSURE
    return upright


def _candidates(forms: _Forms) -> Iterator[Pairs]:
    """Pairs of forms whose hashes are close, a bounded number at a time."""
    hashes = forms.hashes()
    rank = rank_among_equal(hashes)
    yield from crowded_pairs(
        hashes,
        np.flatnonzero(rank >= MOST),
        distance=BITS_APART,
        vectors=lambda some: details_of(forms.at(some)),
        alike=ONE_PICTURE,
    )
    few = np.flatnonzero(rank < MOST)
    for left, right in band_mates(hashes[few], BITS_APART + 1):
        pairs = few[np.stack([left, right], axis=1)]
        apart = np.bitwise_count(hashes[pairs[:, 0]] ^ hashes[pairs[:, 1]])
        yield np.sort(pairs[apart <= BITS_APART], axis=1)


def _confirmed(forms: _Forms, pairs: Pairs) -> BoolArray:
    """True for pairs of forms that are one picture."""
    same = np.zeros(len(pairs), dtype=bool)
    for start in range(0, len(pairs), BATCH):
        some = pairs[start : start + BATCH]
        both = np.concatenate([forms.at(some[:, 0]), forms.at(some[:, 1])])
        here = np.arange(len(some))
        same[start : start + BATCH] = saved_again(np.stack([here, here + len(some)], axis=1), both)
    return same


def turn_between(picture: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> str:
    """Word for how one thumbnail is to be moved to show the other best; empty as it is."""
    levels = other.astype(np.int16)
    apart = [np.abs(_oriented(picture[None], o)[0] - levels).sum() for o in range(8)]
    return WORDS[int(np.argmin(apart))]
