"""The scenarios of XIMAGENET-12 that need no generator: pure functions on one picture.

Same shape as in `damage`. Those that take a `mask` tell the object from its background; a mask
without an object makes all of the picture background.

Li et al. (2024), XIMAGENET-12: An Explainable AI Benchmark Dataset for Model Robustness Evaluation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from deri_gate.damage import damage
from deri_gate.data.masks import foreground

if TYPE_CHECKING:
    from numpy.random import Generator

    from deri_gate.arrays import BoolArray
    from deri_gate.data.dataset import Picture

RED, GREEN, BLUE = 0.0, 1.0, 2.0  # strengths of `single_channel`


def pasted(inside: BoolArray, front: Picture, back: Picture) -> Picture:
    """One picture inside a region, another around it; RGB when either of the two is."""
    if front.ndim != back.ndim:
        front, back = damage.to_rgb(front), damage.to_rgb(back)
    return np.where(inside.reshape(*inside.shape, *[1] * (front.ndim - 2)), front, back)


def without_object(picture: Picture, inside: BoolArray) -> Picture:
    """The background with the object's place filled from around it, softly."""
    seen = (~inside).astype(np.float32)
    sigma = max(1.0, min(picture.shape[:2]) / 6)
    weight = cv2.GaussianBlur(seen, (0, 0), sigma)[..., None]
    light = picture.reshape(*picture.shape[:2], -1) * seen[..., None]
    light = cv2.GaussianBlur(light, (0, 0), sigma).reshape(light.shape)
    mean = picture[~inside].mean() if (~inside).any() else 0.0
    filled = np.where(weight > 1e-3, light / np.maximum(weight, 1e-3), mean)  # noqa: PLR2004
    return pasted(inside, damage.to_uint8(filled).reshape(picture.shape), picture)


def grey_scene(picture: Picture, _strength: float, _rng: Generator) -> Picture:
    """Luma in place of colour; the number of channels stays. Grey pictures do not change."""
    if picture.ndim == 2:  # noqa: PLR2004
        return picture
    return damage.to_rgb(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.uint8))


def single_channel(picture: Picture, strength: float, _rng: Generator) -> Picture:
    """One channel as it is, the others black; `strength` is the channel's index.

    Grey pictures do not change: they have one channel.
    """
    if picture.ndim == 2:  # noqa: PLR2004
        return picture
    return np.asarray(picture * (np.arange(3) == round(strength)), dtype=np.uint8)


def rainbow(picture: Picture, strength: float, _rng: Generator) -> Picture:
    """All hues from left to right, mixed in at `strength`, 0 to 1; always RGB."""
    height, width = picture.shape[:2]
    hue = np.linspace(0, 179, width).astype(np.uint8)
    band = np.stack([hue, np.full_like(hue, 255), np.full_like(hue, 255)], axis=-1)[None]
    colours = np.broadcast_to(cv2.cvtColor(band, cv2.COLOR_HSV2RGB), (height, width, 3))
    return damage.to_uint8(strength * colours + (1 - strength) * damage.to_rgb(picture))


def brightness(picture: Picture, strength: float, _rng: Generator) -> Picture:
    """Grey levels times `strength`; above 1 overexposes."""
    return damage.to_uint8(picture * np.float32(strength))


def blurred_background(picture: Picture, strength: float, rng: Generator, mask: Picture) -> Picture:
    """The object sharp on a blurred background; `strength` as in `damage.blur`."""
    inside = foreground(mask, picture)
    return pasted(inside, picture, damage.blur(without_object(picture, inside), strength, rng))


def blurred_object(picture: Picture, strength: float, rng: Generator, mask: Picture) -> Picture:
    """The object blurred on a sharp background; `strength` as in `damage.blur`."""
    return pasted(foreground(mask, picture), damage.blur(picture, strength, rng), picture)


def segmented(picture: Picture, _strength: float, _rng: Generator, mask: Picture) -> Picture:
    """The object on black."""
    return pasted(foreground(mask, picture), picture, np.zeros_like(picture))


def transparent(picture: Picture, strength: float, _rng: Generator, mask: Picture) -> Picture:
    """The object seen through: `strength` parts of it, the rest what its surroundings suggest."""
    back = without_object(picture, foreground(mask, picture))
    return damage.to_uint8(strength * picture.astype(np.float32) + (1 - strength) * back)


def random_background(
    picture: Picture,
    _strength: float,
    _rng: Generator,
    mask: Picture,
    partner: Picture,
    partner_mask: Picture,
) -> Picture:
    """The object on the background of another image, whose own object is filled in."""
    back = without_object(partner, foreground(partner_mask, partner))
    back = damage.resized_picture(back, *picture.shape[:2])
    return pasted(foreground(mask, picture), picture, back)
