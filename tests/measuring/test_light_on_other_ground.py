"""Images on light ground among others on dark ground, beside ones that are too bright."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.measuring.typical_damage import NAMED_DAMAGES
from tests.scripts import benchmark

COUNT, SIDE, FEW = 120, 40, 6
WAYS = {
    "levels added": lambda picture: picture + 90,
    "little contrast left, bright": lambda picture: 0.15 * picture + 205,
}


@pytest.fixture(scope="module")
def bench():
    pytest.importorskip("mlxtend")
    return benchmark("suspects")


def eyes(grounds):
    """Orange discs with soft spots, each on a ground of a level; other cameras show more colour."""
    rng = np.random.default_rng(3)
    across = np.hypot(*(np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2))
    inside = (across < 0.46 * SIDE)[..., None]
    pictures = []
    for ground in grounds:
        coarse = np.kron(rng.normal(0, 14, (8, 8)), np.ones((5, 5)))[..., None]
        light = rng.normal(0, 12) + coarse + rng.normal(0, 4, (SIDE, SIDE, 1))
        colour = np.array([205, 85, 10] if ground else [170, 95, 50])
        pictures.append(np.where(inside, colour + light, ground))
    return np.clip(pictures, 0, 255)


def reasons(bench, pictures):
    """Metrics, or kinds, of what is said of each picture; "" for nothing."""
    values, straight = bench.measured([*np.clip(pictures, 0, 255).astype(np.uint8)])
    looks = bench.LabelledLooks(values=values, strata=[np.zeros(len(pictures), dtype=int)])
    kinds = bench.damaged.damaged_images(looks, straight).kind
    said = [(damage.metric or damage.kind) for damage in NAMED_DAMAGES]
    return [said[kind] if kind >= 0 else "" for kind in kinds]


@pytest.mark.parametrize("few", [1, FEW])
def test_eyes_on_light_ground_are_not_too_bright(bench, few):
    """Light that is added to a picture takes colours away: these have more of them."""
    found = reasons(bench, eyes([250] * few + [0] * (COUNT - few)))

    assert "exposure" not in found


@pytest.mark.parametrize("way", WAYS)
def test_eyes_that_are_too_bright_are_told(bench, way):
    pictures = eyes([0] * COUNT)
    pictures[:FEW] = WAYS[way](pictures[:FEW])
    found = reasons(bench, pictures)

    assert found[:FEW] == ["exposure"] * FEW
    assert not any(found[FEW:])
