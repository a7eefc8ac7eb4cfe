"""Damage to one picture: pure functions, the same at every image size a person would look at.

Each takes a picture, (H, W) grey or (H, W, 3) RGB, uint8, a strength in the unit its docstring
names, a seeded generator, and whatever other pictures it needs, and returns a new picture of the
same height and width, uint8. Grey stays grey, except where a heat map or an RGB partner brings
colour in. `near_copy` alone may change the size.

Strengths that are lengths refer to a picture whose shorter side is 28 px. They grow with the size,
but less than in proportion: what ruins a 28 px picture would leave nothing of one of 1000 px if
scaled up in full, and would not be seen there if not scaled at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator

    from deri_gate.data.dataset import Picture

REFERENCE_SIDE = 28  # px; the size that lengths refer to
CELLS = 112  # cells along the shorter side in the pattern of `micro`: what an encoder can resolve


def growth(picture: Picture, power: float) -> float:
    """Growth of a length from 28 px to this picture: (shorter side / 28) ^ power, at least 1."""
    return float(max(1.0, min(picture.shape[:2]) / REFERENCE_SIDE) ** power)


def to_rgb(picture: Picture) -> Picture:
    """The picture with three channels; RGB comes back as it is."""
    return picture if picture.ndim == 3 else np.stack([picture] * 3, axis=2)  # noqa: PLR2004


def to_uint8(values: np.ndarray[tuple[int, ...], np.dtype[np.floating]]) -> Picture:
    """Rounded and cut off at 0 and 255."""
    return np.asarray(np.clip(np.rint(values), 0, 255), dtype=np.uint8)


def resized_picture(picture: Picture, height: int, width: int) -> Picture:
    """The picture at another size: averaged when it shrinks, interpolated when it grows."""
    shrinks = height * width < picture.shape[0] * picture.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    out: Picture = cv2.resize(picture, (width, height), interpolation=method)
    return out


def blur(picture: Picture, strength: float, _rng: Generator) -> Picture:
    """Gaussian blur; `strength` is sigma in px at 28 px, growing with the root of the size."""
    sigma = strength * growth(picture, 0.5)
    out: Picture = cv2.GaussianBlur(picture, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)
    return out


def noise(picture: Picture, strength: float, rng: Generator) -> Picture:
    """Additive Gaussian noise, independent in each pixel and channel.

    `strength` is sigma in grey levels at 28 px. It grows with the fourth root of the size, for fine
    noise averages out when a large picture is looked at as a whole: 12 at 28 px is 25 at 512 px.
    """
    sigma = strength * growth(picture, 0.25)
    return to_uint8(picture + sigma * rng.standard_normal(picture.shape, dtype=np.float32))


def jpeg(picture: Picture, strength: float, _rng: Generator) -> Picture:
    """One round of JPEG at quality 100 - `strength`, colours at half resolution.

    That is the quality at 28 px; it is divided by the fourth root of the size, for blocks are 8 px
    at every size and show less in a large picture: 20 at 28 px is 10 at 512 px.
    """
    return _compressed(picture, (100 - strength) / growth(picture, 0.25))


def _compressed(picture: Picture, quality: float) -> Picture:
    """Encoded as JPEG and decoded again."""
    settings = [cv2.IMWRITE_JPEG_QUALITY, max(1, round(quality))]
    encoded = cv2.imencode(".jpg", picture[..., ::-1] if picture.ndim == 3 else picture, settings)  # noqa: PLR2004
    decoded = np.asarray(cv2.imdecode(encoded[1], cv2.IMREAD_UNCHANGED), dtype=np.uint8)
    return np.ascontiguousarray(decoded[..., ::-1]) if decoded.ndim == 3 else decoded  # noqa: PLR2004


def gamma(picture: Picture, strength: float, _rng: Generator) -> Picture:
    """Grey levels, as a part of 255, to the power `strength`: darker above 1, brighter below."""
    curve = to_uint8(255 * (np.arange(256) / 255) ** strength)
    return curve[picture]


def pixelate(picture: Picture, strength: float, _rng: Generator) -> Picture:
    """Shrunk by averaging and blown up again; `strength` is the factor at 28 px.

    The factor grows with the fourth root of the size: 4 at 28 px is 8.3 at 512 px.
    """
    height, width = picture.shape[:2]
    factor = strength * growth(picture, 0.25)
    small = resized_picture(picture, max(1, round(height / factor)), max(1, round(width / factor)))
    return resized_picture(small, height, width)


def burnt_heat_map(picture: Picture, strength: float, rng: Generator) -> Picture:
    """One to three blobs of a red-to-blue heat map laid over the picture, always RGB.

    `strength` is the opacity where the map is hot, 0 to 1. Below a fifth of its peak the map is
    cut off, as viewers do, which leaves a rim.
    """
    heat = _blobs(picture.shape[0], picture.shape[1], rng)
    colours = cv2.applyColorMap(to_uint8(255 * heat), cv2.COLORMAP_JET)[..., ::-1]
    opacity = strength * (heat > 0.2)[..., None]  # noqa: PLR2004
    return to_uint8(opacity * colours + (1 - opacity) * to_rgb(picture))


def _blobs(
    height: int, width: int, rng: Generator
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """A smooth map, shape (H, W), 0 to 1, with one to three peaks."""
    y, x = np.mgrid[:height, :width] / min(height, width)
    heat = np.zeros((height, width))
    for _ in range(int(rng.integers(1, 4))):
        row, column = rng.uniform(0.2, 0.8, 2) * (height, width) / min(height, width)
        radius = rng.uniform(0.12, 0.22)
        peak = np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * radius**2))
        heat = np.maximum(heat, peak)
    return np.asarray(heat / heat.max())


def burnt_marker(picture: Picture, strength: float, _rng: Generator) -> Picture:
    """A letter on a plate and a ruler, white on black, always in the same place.

    `strength` is the height of the plate as a part of the shorter side. Plate and ruler lie in the
    lower left corner and along the lower edge.
    """
    out = np.ascontiguousarray(picture.copy())
    side = max(3, round(strength * min(picture.shape[:2])))
    height, width = picture.shape[:2]
    plate = _letter(side)
    here = out[max(0, height - side) :, :side]
    here[...] = plate[: here.shape[0], : here.shape[1], *[None] * (picture.ndim - 2)]
    step = max(2, side // 3)
    ruler = out[height - max(1, side // 4) :, side:]
    ruler[...] = 0
    for x in range(0, width - side, step):
        ruler[:, x : x + max(1, step // 4)] = 255
    return out


def _letter(side: int) -> Picture:
    """A white L on black with a margin, shape (side, side)."""
    plate = np.zeros((side, side), dtype=np.uint8)
    stroke, edge = max(1, side // 5), side // 6
    plate[edge : side - edge, edge : edge + stroke] = 255
    plate[side - edge - stroke : side - edge, edge : side - edge] = 255
    return plate


def micro(picture: Picture, strength: float, rng: Generator) -> Picture:
    """Changes a person hardly notices: a pattern of signs, a shift, a little light and noise.

    Every cell of a grid, about 1/112 of the shorter side, goes up or down by `strength` grey
    levels, the shape of an adversarial perturbation under the maximum norm. The picture moves by
    1 px in a seeded direction, its brightness by at most `strength` levels, and each pixel by
    noise of a third of `strength`.
    """
    dy, dx = ((1, 0), (0, 1), (1, 1), (1, -1))[rng.integers(4)]
    sign = int(rng.choice((-1, 1)))
    moved = _shifted(picture, sign * dy, sign * dx).astype(np.float32)
    cell = max(1, round(min(picture.shape[:2]) / CELLS))
    grid = [-(-side // cell) for side in picture.shape[:2]]
    signs = rng.choice(np.array((-1, 1), dtype=np.float32), (*grid, *picture.shape[2:]))
    pattern = signs.repeat(cell, axis=0).repeat(cell, axis=1)
    pattern = pattern[: picture.shape[0], : picture.shape[1]]
    fine = rng.standard_normal(picture.shape, dtype=np.float32) / 3
    light = rng.uniform(-1, 1)
    return to_uint8(moved + strength * (pattern + light + fine))


def _shifted(picture: Picture, dy: int, dx: int) -> Picture:
    """Moved by at most 1 px, the edge repeated."""
    around = [(1, 1), (1, 1), *[(0, 0)] * (picture.ndim - 2)]
    padded = np.pad(picture, around, mode="edge")
    return padded[1 + dy : 1 + dy + picture.shape[0], 1 + dx : 1 + dx + picture.shape[1]]


def near_copy(picture: Picture, _strength: float, rng: Generator) -> Picture:
    """Save a picture again: JPEG at quality 92, or 5 % smaller."""
    if rng.integers(2):
        return _compressed(picture, 92)
    height, width = (max(1, min(side - 1, round(0.95 * side))) for side in picture.shape[:2])
    return resized_picture(picture, height, width)


def mix(picture: Picture, strength: float, _rng: Generator, partner: Picture) -> Picture:
    """Mix-up: `strength` parts of the partner, resized to fit, and 1 - `strength` of the picture.

    RGB when either of the two is.
    """
    other = resized_picture(partner, *picture.shape[:2])
    if picture.ndim != other.ndim:
        picture, other = to_rgb(picture), to_rgb(other)
    return to_uint8((1 - strength) * picture.astype(np.float32) + strength * other)
