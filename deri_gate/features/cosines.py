"""Cosines of thumbnails, which are known at any place, and strength of each in a picture."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.waves import SIDE

if TYPE_CHECKING:
    import numpy.typing as npt
    from numpy.typing import DTypeLike

    from deri_gate.arrays import FloatArray

    Pictures = npt.NDArray[np.uint8]

WAVES = 20  # cosines along each side, which hold a picture that is blurred by a pixel or more

_STEP = np.pi * np.arange(SIDE) / SIDE
_STRENGTH = np.where(np.arange(SIDE) == 0, 1.0, np.sqrt(2.0))


def cosines_at(places: FloatArray, dtype: DTypeLike = np.float64) -> tuple[FloatArray, FloatArray]:
    """Each cosine at places that are counted from the middle of a picture, and its slope.

    Shapes (..., 20). Each is a power of the first, as a complex number: a function each takes
    several times as long. Powers of a kind lie together, which spares half of the time.
    """
    each = np.ones((WAVES, *places.shape), dtype=np.result_type(dtype, np.complex64))
    each[1] = np.exp(1j * _STEP[1] * (places + SIDE / 2))
    for before, power in pairwise(each[1:]):
        np.multiply(before, each[1], out=power)
    powers = np.moveaxis(each, 0, -1)
    strength = _STRENGTH[:WAVES].astype(dtype)
    slope = (-_STRENGTH * _STEP)[:WAVES].astype(dtype)
    return strength * powers.real, slope * powers.imag


@cache
def _every_cosine() -> FloatArray:
    """All cosines of a thumbnail, shape (32 pixels, 32)."""
    return np.asarray(_STRENGTH * np.cos(np.outer(np.arange(SIDE) + 0.5, _STEP)))


def coarser_waves(pictures: Pictures) -> FloatArray:
    """Strength of each of the coarser waves, down and along, shape (M, 20, 20)."""
    cosines = _every_cosine()[:, :WAVES] / SIDE
    return np.asarray(cosines.T @ (pictures.astype(np.float64) @ cosines))


def noise_of(pictures: Pictures) -> FloatArray:
    """Variance of the noise of each picture, by its finest waves, shape (M,)."""
    cosines = _every_cosine()[:, WAVES:] / np.sqrt(SIDE)
    finest = np.abs(cosines.T @ (pictures.astype(np.float64) @ cosines))
    return np.asarray((np.median(finest, axis=(1, 2)) / 0.6745) ** 2)


def blurred(waves: FloatArray, sigma: float) -> FloatArray:
    """Waves as a blur of so many pixels leaves them."""
    return waves * _blur(sigma, waves.dtype)


@cache
def _blur(sigma: float, dtype: DTypeLike) -> FloatArray:
    """Part of each wave that a blur leaves, shape (20, 20)."""
    along = np.exp(-0.5 * (sigma * _STEP[:WAVES]) ** 2)
    return np.outer(along, along).astype(dtype)
