"""Masks: where the object of a picture is, and files that cannot say it, whatever their name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from deri_gate.arrays import BoolArray
    from deri_gate.data.dataset import Picture

EVEN = 0.9  # of neighbouring pixels that are equal; 0.83 in X-rays of hands on black
FEW = 64  # colours of a mask of several classes
SOME = 0.5  # of neighbouring pixels, where colours are few; 0.17 in chest films of 28 px
BLACK, WHITE = 24, 231  # levels as far as a lossy format moves those of a mask
THIN = 0.1  # of all pixels between black and white: lines; of 9,685 pictures one has so few
BETWEEN = 0.2  # the same: the soft rim of an object
LIT = 1 / 3  # of the pixels that are not black, how many an object with such a rim has white


def foreground(mask: Picture, like: Picture) -> BoolArray:
    """Mask of the object, at the size of another picture, shape (H, W).

    Masks are 0/255, or small whole numbers where 0 is background; values between 0 and 255 in
    the former are the blur of a lossy format.
    """
    height, width = like.shape[:2]
    flat = mask.max(axis=2) if mask.ndim == 3 else mask  # noqa: PLR2004
    flat = cv2.resize(flat, (width, height), interpolation=cv2.INTER_NEAREST)
    half = 127
    return np.asarray(flat > (half if flat.max() > half else 0), dtype=np.bool_)


def is_picture(mask: Picture) -> bool:
    """True for what has too many levels for a mask, and is not white on black.

    A mask has areas of one colour each, at least where its colours are few, or is white on black
    with a rim that a lossy format or resizing made. Pictures that are so, as small digits on an
    empty ground, cannot be told from masks.
    """
    channels = mask.reshape(*mask.shape[:2], -1)
    even = _even(channels)
    areas = even >= EVEN or (even >= SOME and _few_colours(channels))
    return not (areas or _white_on_black(channels))


def _even(channels: Picture) -> float:
    """Share of the pixels that are as the next one in their row; 1 where there is none."""
    equal = (channels[:, 1:] == channels[:, :-1]).all(axis=2)
    return float(equal.mean()) if equal.size else 1.0


def _few_colours(channels: Picture) -> bool:
    codes = channels.astype(np.uint32) @ (256 ** np.arange(channels.shape[2], dtype=np.uint32))
    return len(np.unique(codes)) <= FEW


def _white_on_black(channels: Picture) -> bool:
    lit = float((channels.max(axis=2) > BLACK).mean())
    white = float((channels.min(axis=2) >= WHITE).mean())
    return lit - white <= THIN or (lit - white <= BETWEEN and white >= LIT * lit)


def same_aspect(size: tuple[int, int], other: tuple[int, int]) -> bool:
    """True if one is the other scaled, to within a pixel of the smaller one."""
    (height, width), (tall, wide) = sorted((size, other))
    return abs(width - wide * height / tall) <= 1 or abs(height - tall * width / wide) <= 1
