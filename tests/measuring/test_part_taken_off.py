"""A part that was taken off pictures which have dark ground by themselves."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deri_gate.measuring.typical_damage import NAMED_DAMAGES
from tests.scripts import benchmark

COUNT, FEW, SIDE = 90, 3, 64


@pytest.fixture(scope="module")
def bench():
    pytest.importorskip("mlxtend")
    return benchmark("suspects")


def heads() -> list[np.ndarray]:
    """Textured ovals of many sizes on black."""
    rng = np.random.default_rng(4)
    made = []
    for _ in range(COUNT):
        inside = np.zeros((SIDE, SIDE), np.uint8)
        axes = rng.integers(22, 31, 2)
        middle = 32 + rng.integers(-6, 7, 2)
        cv2.ellipse(inside, middle.tolist(), axes.tolist(), rng.uniform(0, 180), 0, 360, 1, -1)
        levels = cv2.GaussianBlur(rng.normal(0, 1, (SIDE, SIDE)), (0, 0), rng.uniform(1, 3))
        levels = rng.uniform(70, 160) + rng.uniform(15, 35) * levels / levels.std()
        made.append((inside * np.clip(levels, 20, 255)).round().astype(np.uint8))
    return made


def halved(picture: np.ndarray, share: float = 0.5) -> np.ndarray:
    """A part of its columns, or of its rows, black."""
    cut = picture.copy()
    cut[:, : round(share * SIDE)] = 0
    return cut


def kinds_of(bench, pictures) -> list[str]:
    """Damage that each picture is named for, all of one class; "" for none."""
    values, straight = bench.measured(pictures)
    looks = bench.LabelledLooks(values=values, strata=[np.zeros(len(pictures), dtype=int)])
    found = bench.damaged.damaged_images(looks, straight)
    return [NAMED_DAMAGES[kind].kind if kind >= 0 else "" for kind in found.kind]


def test_a_half_taken_off_is_seen_beside_dark_ground(bench):
    pictures = heads()
    assert "blank_part" not in kinds_of(bench, pictures)

    pictures[:FEW] = [halved(picture) for picture in pictures[:FEW]]
    kinds = kinds_of(bench, pictures)

    assert kinds[:FEW] == ["blank_part"] * FEW
    assert "blank_part" not in kinds[FEW:]


def test_parts_of_all_sizes_are_how_the_images_are(bench):
    pictures = heads()
    shares = np.linspace(0.1, 0.5, 12)
    pictures[:12] = [halved(p, share) for p, share in zip(pictures[:12], shares, strict=True)]

    assert "blank_part" not in kinds_of(bench, pictures)
