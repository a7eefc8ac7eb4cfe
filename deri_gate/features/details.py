"""Details of thumbnails: where one lies to another, how far they spread, whether they repeat."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.ring_waves import row_blur
from deri_gate.features.waves import SIDE

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray

    Pictures = npt.NDArray[np.uint8]

FARTHEST = 8  # pixels of a thumbnail by which one may be moved
SHIFTS = np.arange(-FARTHEST, FARTHEST + 1)
MARGIN = 4  # pixels of a border that are not compared
PART = 4  # pixels along a side of the parts by which it is told how far details are spread
ITSELF = 3  # pixels of a shift up to which every picture is like itself
REPEATING = 0.42  # likeness to itself beyond these that patterns have; of pictures, few reach .3
BLANK = 100.0  # likeness to itself of a picture that is all rounding; one of noise has 40,000
TINY = 1e-6  # strength of a wave, or length of a detail, that is none


def without_shading(pictures: Pictures) -> FloatArray:
    """Levels of pictures without their shading, shape (M, 32, 32)."""
    levels = pictures.astype(np.float32)
    blur = row_blur().astype(np.float32)
    return np.asarray(levels - blur @ (levels.reshape(-1, SIDE) @ blur.T).reshape(levels.shape))


def shifts_between(left: Pictures, right: Pictures) -> FloatArray:
    """Pixels, along and down, by which the first of a pair lies farther than the second, (M, 2)."""
    best = _likeness_by_shift(left, right).reshape(len(left), -1).argmax(axis=1)
    return np.stack([SHIFTS[best % len(SHIFTS)], SHIFTS[best // len(SHIFTS)]], axis=1).astype(float)


def repeats(pictures: Pictures) -> BoolArray:
    """True for patterns, which fit onto themselves one period on, shape (M,).

    Two patterns fit onto each other wherever they begin, and however they are turned.
    """
    likeness = _likeness_by_shift(pictures, pictures)
    still = likeness[:, FARTHEST, FARTHEST].copy()
    near = slice(FARTHEST - ITSELF, FARTHEST + ITSELF + 1)
    likeness[:, near, near] = 0.0
    return np.asarray(
        likeness.max(axis=(1, 2), initial=0.0) >= REPEATING * np.maximum(still, BLANK)
    )


def _likeness_by_shift(left: Pictures, right: Pictures) -> FloatArray:
    """Correlation of pairs by the shift down and along, shape (M, 17, 17).

    It is that of waves which were brought half of the way to one strength: coarse ones would hide
    the place, and fine ones are noise.
    """
    (across, down), (back_across, back_down) = _to_and_from_waves()
    ends = (without_shading(some).reshape(-1, SIDE) for some in (left, right))
    rows = ((own @ across).view(np.complex64).reshape(-1, SIDE, SIDE + 1) for own in ends)
    one, other = (down @ some for some in rows)
    both = one * np.conj(other)
    both /= np.sqrt(np.maximum(np.abs(both), TINY))
    return np.asarray((back_down @ both).view(np.float32) @ back_across)


@cache
def _to_and_from_waves() -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]:
    """Matrices from pixels to waves over twice the side, and back to the steps of a shift.

    Each pair has one that goes along, of real and imaginary parts in turn, and one down. The
    middle of a picture counts most. As no step lies outside, this takes a third of the time of
    Fourier's transform of all.
    """
    slope = np.hanning(SIDE + 2)[1:-1, None]
    waves, half = np.arange(2 * SIDE), SIDE + 1
    there = slope * np.exp(-1j * np.pi / SIDE * np.outer(np.arange(SIDE), waves))
    back = np.exp(1j * np.pi / SIDE * np.outer(SHIFTS, waves))
    twice = np.where(waves[:half] % SIDE, 2.0, 1.0)  # for the waves of negative number
    along, back_along = there[:, :half], np.conj(back[:, :half] * twice)
    as_parts = (some.astype(np.complex64).view(np.float32) for some in (along, back_along))
    across, back_across = as_parts
    return (across, there.T.astype(np.complex64)), (back_across.T, back.astype(np.complex64))


def spread_of(details: FloatArray) -> FloatArray:
    """Share of pictures over which their details are spread, as a number of equal parts, (M,).

    A word or a single shape lies in few. Laid over another, the parts in which they differ would
    be left out as the worst.
    """
    inner = inner_part(details)
    along = inner.shape[1] // PART
    strength = np.square(inner).reshape(len(inner), along, PART, along, PART).sum(axis=(2, 4))
    strength = strength.reshape(len(inner), -1)
    equal = np.square(strength.sum(axis=1)) / np.maximum(np.square(strength).sum(axis=1), TINY)
    return np.asarray(equal / strength.shape[1])


def inner_part(details: FloatArray) -> FloatArray:
    """Details without the border that a shift may bring into sight, shape (M, 24, 24)."""
    return details[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
