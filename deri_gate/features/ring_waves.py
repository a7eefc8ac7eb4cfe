"""Waves along rings and along directions: what is left of a thumbnail however it is turned.

Along a ring about the middle, a turn moves the levels on, and a mirror reverses them: the strength
of each wave stays. A shift leaves the strength of the waves of the whole picture, and a turn turns
these; so the waves along the circle of their directions know neither.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from deri_gate.features.waves import SIDE

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import FloatArray

    Pictures = npt.NDArray[np.uint8]

RADII = np.arange(1.5, 13.0, 1.25)  # of the rings, in pixels of a thumbnail
ANGLES, HARMONICS = 64, 12  # places on a ring, and waves along it
CYCLES = np.geomspace(1.5, 13.0, 12)  # of a wave, over a side
DIRECTIONS, OF_DIRECTIONS = 32, 10  # of waves, over half a turn; and waves along these
MIDDLE = (SIDE - 1) / 2
SHADING = 4.0  # sigma, in pixels, of what counts as coarse shading
TINY = 1.0  # length of the waves of a flat picture, which is left as it is


def ring_waves(thumbnails: Pictures, zoom: float = 1.0) -> FloatArray:
    """Complex strength of each wave along each ring, shape (N, 10 rings, 12).

    Args:
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
        zoom: How many times larger the picture is to be seen.
    """
    parts = _levels(thumbnails) @ _along_rings(zoom)
    return _complex(parts).reshape(len(thumbnails), len(RADII), HARMONICS)


def unturned(thumbnails: Pictures, zoom: float = 1.0) -> FloatArray:
    """Strengths of waves that neither turn nor mirror changes, shape (N, 240).

    The first half are those along rings, the second those along directions. Each half has unit
    length, but for flat pictures.
    """
    rings = np.abs(ring_waves(thumbnails, zoom)).reshape(len(thumbnails), -1)
    waves = np.sqrt(np.abs(_complex(_levels(thumbnails) @ _of_waves(zoom))))
    circles = np.abs(_complex(waves.reshape(-1, DIRECTIONS) @ _along_directions()))
    return np.concatenate([_units(rings), _units(circles.reshape(len(thumbnails), -1))], axis=1)


def turned_likeness(
    left: FloatArray, right: FloatArray, upright: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Correlation of pictures at the best turn of the second, and at the best of the least turns.

    Args:
        left: Waves along rings, shape (M, 10, 12).
        right: Those of the others.
        upright: Degrees up to which a turn is one of the least.

    Returns:
        Both, and the degrees of the latter, between the steps at which it is looked for; each of
        shape (M,).
    """
    products = (left * np.conj(right) * RADII[:, None]).sum(axis=1)
    curves = np.fft.irfft(products, ANGLES, axis=1) * ANGLES
    lengths = np.sqrt(_powers(left).sum(axis=(1, 2)) * _powers(right).sum(axis=(1, 2)))
    curves /= np.maximum(lengths, TINY)[:, None]
    most = int(upright * ANGLES / 360)
    around = curves[:, np.arange(-most - 1, most + 2)]
    place = 1 + around[:, 1:-1].argmax(axis=1)
    before, at, after = (around[np.arange(len(around)), place + step] for step in (-1, 0, 1))
    bend = np.minimum(before + after - 2 * at, -1e-6)
    steps = place - 1 - most + np.clip((before - after) / bend / 2, -0.5, 0.5)
    return curves.max(axis=1), at, steps * 360.0 / ANGLES


def waves_that_count(waves: FloatArray) -> FloatArray:
    """Effective number of waves along rings, shape (N,): few for round spots and single edges."""
    powers = _powers(waves).reshape(len(waves), -1)
    return np.asarray(powers.sum(axis=1) ** 2 / np.maximum((powers**2).sum(axis=1), TINY))


def strength_of_detail(waves: FloatArray) -> FloatArray:
    """Standard deviation of the levels without shading, in grey levels, shape (N,)."""
    return np.asarray(np.sqrt(_powers(waves).sum(axis=(1, 2)) / (ANGLES**2 * RADII.sum())))


def _powers(waves: FloatArray) -> FloatArray:
    """Power of each wave along each ring, as much as the ring has of the picture."""
    twice = np.where(np.arange(HARMONICS) == 0, 1.0, 2.0)  # for the waves of negative number
    return np.asarray(np.abs(waves) ** 2 * twice * RADII[:, None])


def seen_at(thumbnail: npt.NDArray[Any], zoom: float, degrees: float = 0.0) -> npt.NDArray[Any]:
    """A thumbnail about its middle: so many times larger, and turned back by so many degrees."""
    turn = np.deg2rad(-degrees)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) / zoom
    shift = np.full(2, MIDDLE) - matrix @ np.full(2, MIDDLE)
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    at = np.column_stack([matrix, shift])
    border = cv2.BORDER_REFLECT
    return np.asarray(cv2.warpAffine(thumbnail, at, (SIDE, SIDE), flags=how, borderMode=border))


def _levels(thumbnails: Pictures) -> FloatArray:
    return thumbnails.reshape(len(thumbnails), SIDE * SIDE).astype(np.float32)


def _complex(parts: FloatArray) -> FloatArray:
    """Complex numbers of their real parts and the imaginary ones behind these."""
    half = parts.shape[-1] // 2
    return np.asarray(parts[..., :half] + 1j * parts[..., half:])


def _units(vectors: FloatArray) -> FloatArray:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), TINY))


@cache
def _details() -> FloatArray:
    """Detail, without shading, that each single pixel adds to a picture, (1024, 32, 32)."""
    pixels = np.eye(SIDE * SIDE, dtype=np.float32).reshape(-1, SIDE, SIDE)
    return np.stack([pixel - cv2.GaussianBlur(pixel, (0, 0), SHADING) for pixel in pixels])


@cache
def _along_rings(zoom: float) -> FloatArray:
    """Matrix from levels to waves along rings: real parts, then imaginary ones, (1024, 240)."""
    turn = 2 * np.pi * np.arange(ANGLES) / ANGLES
    across = (MIDDLE + np.outer(RADII / zoom, np.cos(turn))).astype(np.float32)
    down = (MIDDLE + np.outer(RADII / zoom, np.sin(turn))).astype(np.float32)
    seen = np.stack([cv2.remap(one, across, down, cv2.INTER_LINEAR) for one in _details()])
    waves = np.fft.rfft(seen, axis=2)[:, :, :HARMONICS].reshape(len(seen), -1)
    return np.concatenate([waves.real, waves.imag], axis=1, dtype=np.float32)


@cache
def _of_waves(zoom: float) -> FloatArray:
    """Matrix from levels to waves of so many cycles, in all directions, (1024, 768).

    Of a picture that is seen larger, the waves are as much longer, and less of it is looked at.
    """
    place = np.clip((np.arange(SIDE) - MIDDLE) * zoom / MIDDLE, -1.0, 1.0)
    window = 0.5 + 0.5 * np.cos(np.pi * place)
    windowed = (_details() * np.outer(window, window).astype(np.float32)).reshape(SIDE**2, -1)
    turn = np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    down, across = np.mgrid[:SIDE, :SIDE].reshape(2, -1, 1) - MIDDLE
    ways = np.cos(turn) * across + np.sin(turn) * down  # how far each pixel lies each way
    phase = 2 * np.pi / SIDE * zoom * (CYCLES[:, None] * ways[:, None]).reshape(SIDE**2, -1)
    waves = np.concatenate([np.cos(phase), np.sin(phase)], axis=1, dtype=np.float32)
    return np.asarray(windowed @ waves)


@cache
def _along_directions() -> FloatArray:
    """Matrix from strengths by direction to waves along these, shape (32, 20)."""
    phase = 2 * np.pi / DIRECTIONS * np.outer(np.arange(DIRECTIONS), np.arange(OF_DIRECTIONS))
    return np.concatenate([np.cos(phase), np.sin(phase)], axis=1, dtype=np.float32)
