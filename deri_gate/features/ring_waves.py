"""Waves along rings and along directions: what is left of a thumbnail however it is turned.

Along a ring about the middle, a turn moves the levels on, and a mirror reverses them: the strength
of each wave stays. A shift leaves the strength of the waves of the whole picture, and a turn turns
these; so the waves along the circle of their directions know neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from deri_gate.features.overlay import crosswise
from deri_gate.features.quarters import quarters_of
from deri_gate.features.waves import SIDE

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray

    Pictures = npt.NDArray[np.uint8]

RADII = np.arange(1.5, 13.0, 1.25)  # of the rings, in pixels of a thumbnail
ANGLES, HARMONICS = 64, 12  # places on a ring, and waves along it
CYCLES = np.geomspace(1.5, 13.0, 12)  # of a wave, over a side
DIRECTIONS, OF_DIRECTIONS = 32, 10  # of waves, over half a turn; and waves along these
MIDDLE = (SIDE - 1) / 2
SHADING = 4.0  # sigma, in pixels, of what counts as coarse shading
_OF_TWO = np.float32(np.sqrt(0.5))  # keeps the length of what is added or subtracted
_OF_RINGS = (len(RADII), HARMONICS // 2)  # waves along rings that ask one quarter
TO_BELOW = 1 + DIRECTIONS // 2  # directions from along the rows to down the columns
_ORDER = np.append(np.arange(TO_BELOW), np.arange(DIRECTIONS - 1, TO_BELOW - 1, -1))
_TAPS = 2 * round(4 * SHADING) + 1  # pixels that a blur reaches, as OpenCV has it
FAINT = 4.0  # grey levels of detail below which rounding would be compared
TINY = 1.0  # length of the waves of a flat picture, which is left as it is


def ring_waves(thumbnails: Pictures, zoom: float = 1.0) -> FloatArray:
    """Complex strength of each wave along each ring, shape (N, 10 rings, 12).

    Args:
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
        zoom: How many times larger the picture is to be seen.
    """
    parts = (quarters_of(thumbnails) @ _along_rings(zoom)).reshape(4, -1, *_OF_RINGS)
    shape = (len(thumbnails), len(RADII), HARMONICS)
    waves: npt.NDArray[Any] = np.empty(shape, dtype=np.complex64)
    even, odd = waves[..., ::2], waves[..., 1::2]
    even.real, odd.real, odd.imag, even.imag = parts
    return waves


@dataclass(frozen=True)
class Strengths:
    """Strengths of the waves of pictures.

    Attributes:
        along_rings: Strength of each wave along each ring, which no turn and no mirror changes,
            shape (N, 120).
        by_direction: Square root of the strength of waves of each length and direction, which no
            shift changes, shape (N, 12, 32). Directions come to those down the columns first, then
            from along the rows back to there: the latter mirror the former.
    """

    along_rings: FloatArray
    by_direction: FloatArray


def strengths_of(thumbnails: Pictures, zoom: float = 1.0) -> Strengths:
    """Strengths of the waves of pictures.

    Args:
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
        zoom: How many times larger the pictures are to be seen.
    """
    quarters = quarters_of(thumbnails)
    rings = quarters @ _along_rings(zoom)
    even, odd = _squares(*rings[::3]), _squares(*rings[1:3])
    along = np.sqrt(np.concatenate([even, odd], axis=1))
    shape = (4, -1, len(CYCLES), TO_BELOW)
    upright, beside, below, across = (quarters @ _of_waves(zoom)).reshape(shape)
    powers = np.empty((len(thumbnails), len(CYCLES), DIRECTIONS), dtype=np.float32)
    powers[..., :TO_BELOW] = _squares(upright - across, beside + below)
    powers[..., TO_BELOW:] = _squares(upright + across, beside - below)[..., 1:-1]
    return Strengths(along, np.sqrt(np.sqrt(powers, out=powers), out=powers))


def turned_by(strengths: Strengths, steps: int) -> Strengths:
    """Strengths of the waves of pictures that are turned by so many 32nds of half a turn."""
    in_turn = strengths.by_direction[:, :, np.argsort(_ORDER)]
    by_direction = np.roll(in_turn, steps, axis=2)[:, :, _ORDER]
    return Strengths(strengths.along_rings, by_direction)


def unturned(strengths: Strengths) -> FloatArray:
    """Strengths of waves that neither turn nor mirror changes, shape (N, 240).

    The first half are those along rings, the second those along directions. Each half has unit
    length, but for flat pictures.
    """
    waves = strengths.by_direction.reshape(-1, DIRECTIONS)
    circles = np.sqrt(_squares(*(waves @ part for part in _along_directions())))
    circles = circles.reshape(-1, len(CYCLES) * OF_DIRECTIONS)
    return np.concatenate([_units(strengths.along_rings), _units(circles)], axis=1)


def unshifted(strengths: Strengths) -> tuple[FloatArray, FloatArray]:
    """Strengths of waves that no shift changes, of unit length but for flat pictures.

    Returns:
        Those that a mirror leaves as they are, shape (N, 204), and those that it reverses, shape
        (N, 180).
    """
    waves = strengths.by_direction
    lengths = np.linalg.norm(waves.reshape(len(waves), -1), axis=1)[:, None, None]
    ahead, back = np.split(waves / np.maximum(lengths, TINY), [TO_BELOW], axis=2)
    oblique = ahead[:, :, 1:-1]
    kept = np.concatenate([ahead[:, :, [0, -1]], (oblique + back) * _OF_TWO], axis=2)
    turned = (oblique - back) * _OF_TWO
    return kept.reshape(len(waves), -1), turned.reshape(len(waves), -1)


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


def shows_enough(thumbnails: Pictures, waves: float, across: float) -> BoolArray:
    """True for pictures that show more than a shade, an edge or a round spot, shape (N,).

    Args:
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
        waves: Least effective number of waves along rings; round spots and single edges have few.
        across: Least part of the slopes across the main ones; edges that run one way have none.
    """
    powers = _powers(ring_waves(thumbnails)).reshape(len(thumbnails), len(RADII) * HARMONICS)
    total = powers.sum(axis=1)
    count = total**2 / np.maximum((powers**2).sum(axis=1), TINY)
    detail = np.sqrt(total / (ANGLES**2 * RADII.sum()))
    enough = (count >= waves) & (detail >= FAINT)
    enough[enough] = crosswise(thumbnails[enough]) >= across
    return np.asarray(enough)


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


@cache
def row_blur() -> FloatArray:
    """Matrix from the pixels of a row to its shading, (32, 32): a tenth of OpenCV's time."""
    return np.asarray(cv2.GaussianBlur(np.eye(SIDE), (1, _TAPS), SHADING))


def _squares(one: FloatArray, other: FloatArray) -> FloatArray:
    """Sum of the squares; both are written over, as memory that a cache holds is used again."""
    np.multiply(one, one, out=one)
    np.multiply(other, other, out=other)
    return np.add(one, other, out=one)


def _units(vectors: FloatArray) -> FloatArray:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), TINY))


@cache
def _details() -> FloatArray:
    """Detail, without shading, that each pixel of a quarter adds to a picture, (256, 32, 32)."""
    pixels = np.eye(SIDE * SIDE, dtype=np.float32).reshape(SIDE, SIDE, SIDE, SIDE)
    quarter = pixels[: SIDE // 2, : SIDE // 2].reshape(-1, SIDE, SIDE)
    return np.stack([pixel - cv2.GaussianBlur(pixel, (0, 0), SHADING) for pixel in quarter])


@cache
def _along_rings(zoom: float) -> FloatArray:
    """Matrices from quarters to real and imaginary parts of waves along rings, (4, 256, 60).

    A ring is mirrored at the middle with the picture. So a part of a wave is even or odd along a
    side as its number is, and asks one of the quarters only.
    """
    turn = 2 * np.pi * np.arange(ANGLES) / ANGLES
    across = (MIDDLE + np.outer(RADII / zoom, np.cos(turn))).astype(np.float32)
    down = (MIDDLE + np.outer(RADII / zoom, np.sin(turn))).astype(np.float32)
    seen = np.stack([cv2.remap(one, across, down, cv2.INTER_LINEAR) for one in _details()])
    waves = np.fft.rfft(seen, axis=2)[:, :, :HARMONICS]
    even, odd = waves[..., ::2], waves[..., 1::2]
    parts = np.stack([even.real, odd.real, odd.imag, even.imag], dtype=np.float32)
    return parts.reshape(4, len(seen), -1)


@cache
def _of_waves(zoom: float) -> FloatArray:
    """Matrices from quarters to waves of so many cycles, in directions, (4, 256, 204).

    Directions go from along the rows to along the columns. The others mirror them. A wave that
    runs askew is made of products of one along the rows with one along the columns: of cosines, of
    a sine and a cosine, of a cosine and a sine, and of sines.

    Of a picture that is seen larger, the waves are as much longer, and less of it is looked at.
    """
    place = np.arange(SIDE) - MIDDLE
    window = 0.5 + 0.5 * np.cos(np.pi * np.clip(place * zoom / MIDDLE, -1.0, 1.0))
    turn = np.pi * np.arange(TO_BELOW) / DIRECTIONS
    steps = 2 * np.pi / SIDE * zoom * np.outer(CYCLES, [np.cos(turn), np.sin(turn)])
    phases = place[:, None] * steps.reshape(len(CYCLES), 2, -1).swapaxes(0, 1).reshape(2, 1, -1)
    (cos_across, cos_down), (sin_across, sin_down) = (
        window[:, None] * some for some in (np.cos(phases), np.sin(phases))
    )
    pairs = (
        (cos_down, cos_across), (cos_down, sin_across),
        (sin_down, cos_across), (sin_down, sin_across),
    )  # fmt: skip
    return np.stack([_without_shading(*pair) for pair in pairs], dtype=np.float32)


def _without_shading(down: FloatArray, across: FloatArray) -> FloatArray:
    """Product of each pair of waves as quarters see it in a picture without shading, (256, W)."""
    blur, half = row_blur().T, SIDE // 2
    plain, blurred = (
        some[:half, None] * other[:half]
        for some, other in ((down, across), (blur @ down, blur @ across))
    )
    return np.asarray(plain - blurred).reshape(half * half, -1)


@cache
def _along_directions() -> tuple[FloatArray, FloatArray]:
    """Matrices from strengths by direction to real and imaginary parts of waves, (32, 10) each.

    Directions come to those down the columns first, then from along the rows back to there.
    """
    phase = 2 * np.pi / DIRECTIONS * np.outer(_ORDER, np.arange(OF_DIRECTIONS))
    return np.cos(phase).astype(np.float32), np.sin(phase).astype(np.float32)
