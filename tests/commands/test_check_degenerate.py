"""Sets with nothing in them to learn never pass, whatever single metrics say of them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import deri_gate
from tests.sweeps import sampled

SIDE, EACH = 32, 20


def solid(rng, kind, number):
    """A colour of its own for each picture."""
    return np.full((SIDE, SIDE, 3), rng.integers(0, 256, 3), dtype=np.uint8)


def white_noise(rng, kind, number):
    return rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


def repeated(rng, kind, number):
    return np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


def empty_frame(rng, kind, number):
    picture = np.zeros((SIDE, SIDE, 3), dtype=np.uint8)
    picture[[0, -1]] = picture[:, [0, -1]] = 255
    return picture


def colour_by_class(rng, kind, number):
    """With a little noise: its classes could not be told more easily."""
    colour = {"a": (230, 40, 40), "b": (40, 230, 40), "c": (40, 40, 230)}[kind]
    return clipped(np.array(colour) + rng.normal(0, 6, (SIDE, SIDE, 3)))


def brightness_by_class(rng, kind, number):
    level = {"a": 60, "b": 120, "c": 180}[kind] + rng.normal(0, 10)
    return clipped(level + rng.normal(0, 3, (SIDE, SIDE, 3)))


def moved_picture(rng, kind, number):
    """One picture a class, moved, in other light, with noise."""
    own = np.random.default_rng(ord(kind)).normal(128, 60, (5, 5, 3))
    picture = cv2.resize(own, (SIDE + 4, SIDE + 4), interpolation=cv2.INTER_CUBIC)
    y, x = rng.integers(0, 5, 2)
    moved = picture[y : y + SIDE, x : x + SIDE] * rng.uniform(0.8, 1.2)
    return clipped(moved + rng.normal(0, 5, moved.shape))


def tiles(rng, kind, number):
    """A pattern a class, from one tile that begins anywhere."""
    tile = np.random.default_rng(ord(kind)).integers(0, 256, (8, 8, 3))
    whole = np.roll(np.tile(tile, (SIDE // 8, SIDE // 8, 1)), rng.integers(0, 8, 2), (0, 1))
    return clipped(whole + rng.normal(0, 6, whole.shape))


def clipped(picture):
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)


KINDS = [
    solid, white_noise, repeated, empty_frame,
    colour_by_class, brightness_by_class, moved_picture, tiles,
]  # fmt: skip


@pytest.mark.parametrize("made", sampled(KINDS, 1, 6))
def test_degenerate_sets_do_not_pass(tmp_path, made) -> None:
    rng = np.random.default_rng(7)
    for kind in ("a", "b", "c"):
        (tmp_path / "set" / kind).mkdir(parents=True)
        for number in range(EACH):
            path = tmp_path / "set" / kind / f"{number}.png"
            cv2.imwrite(str(path), made(rng, kind, number))
    report = deri_gate.check(tmp_path / "set", out=tmp_path / "out", metrics="data")

    assert report.judgement.verdict in {"fail", "unknown"}
    missed = [check for check in report.judgement.checks if check.status == "fail"]
    assert missed, made.__name__
