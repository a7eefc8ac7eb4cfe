"""Masks told from pictures: real photographs, and masks as programs save them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deri_gate.data.masks import is_picture

SIDES = (28, 64, 224)


def object_of(side: int) -> np.ndarray:
    """White ellipse on black."""
    mask = np.zeros((side, side), np.uint8)
    cv2.ellipse(mask, (side // 2, side // 3), (side // 3, side // 5), 30, 0, 360, 255, -1)
    return mask


def parts_of(side: int, count: int) -> np.ndarray:
    """Areas numbered from 1, as of several organs."""
    rows = np.arange(side) * count // side + 1
    return np.repeat(rows[:, None], side, axis=1).astype(np.uint8)


def lines_of(side: int) -> np.ndarray:
    """Vessels: thin lines with smoothed edges, hardly a pixel of which is white."""
    mask = np.zeros((side, side), np.uint8)
    for end in (side // 5, side // 2, side - 3):
        cv2.line(mask, (2, side // 3), (side - 3, end), 255, 1, cv2.LINE_AA)
    return mask


def as_jpeg(mask: np.ndarray, quality: int) -> np.ndarray:
    _, file = cv2.imencode(".jpg", mask, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(file, cv2.IMREAD_UNCHANGED)


MASKS = {
    "white on black": object_of,
    "ones": lambda side: object_of(side) // 255,
    "empty": lambda side: np.zeros((side, side), np.uint8),
    "full": lambda side: np.full((side, side), 255, np.uint8),
    "three channels": lambda side: np.dstack([object_of(side)] * 3),
    "JPEG": lambda side: as_jpeg(object_of(side), 75),
    "strong JPEG": lambda side: as_jpeg(object_of(side), 30),
    "resized": lambda side: cv2.resize(object_of(2 * side + 3), (side, side)),
    "soft": lambda side: cv2.GaussianBlur(object_of(side), (0, 0), side / 60),
    "twenty parts": lambda side: parts_of(side, 20),
    "coloured parts": lambda side: cv2.applyColorMap(parts_of(side, 20) * 12, cv2.COLORMAP_JET),
}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("kind", MASKS)
def test_a_mask_is_no_picture(kind, side) -> None:
    assert not is_picture(MASKS[kind](side))


@pytest.mark.parametrize("side", [64, 224, 512])
def test_thin_lines_are_a_mask(side) -> None:
    assert not is_picture(cv2.resize(lines_of(2 * side), (side, side)))


def test_many_numbered_parts_are_a_mask() -> None:
    """Two hundred cells, each with a number of its own: more colours than a mask has, in areas."""
    parts = np.kron(np.arange(200, dtype=np.uint8).reshape(10, 20), np.ones((12, 12), np.uint8))

    assert not is_picture(parts)


@pytest.mark.parametrize("side", SIDES)
def test_a_photograph_is_one_in_any_size_and_light(photos, side) -> None:
    missed = [
        name
        for name, photo in photos.items()
        for small in [cv2.resize(photo, (side, side), interpolation=cv2.INTER_AREA)]
        for seen in (small, small // 2 + 60, small[..., :1] if small.ndim > 2 else small)
        if not is_picture(seen)
    ]

    assert missed == []


def test_a_light_photograph_is_no_white_mask(photos) -> None:
    """Stained tissue is light all over, with dark corners; its levels are not those of a mask."""
    light = 200 + cv2.resize(photos["coffee"], (64, 64)) // 5
    light[:6, :6] = 0

    assert is_picture(light)
