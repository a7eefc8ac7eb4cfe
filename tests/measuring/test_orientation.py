"""Orientation of a batch: what mirroring and turning do to its rows, against real turns."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from deri_gate.measuring.orientation import (
    TURNS,
    best_turn,
    likeness_turned,
    orientation_rows,
)

SCENES = {
    "": lambda a: a,
    "mirrored left to right": lambda a: a[:, :, ::-1],
    "mirrored top to bottom": lambda a: a[:, ::-1],
    "turned by 180 degrees": lambda a: a[:, ::-1, ::-1],
    "mirrored along the diagonal": lambda a: a.transpose(0, 2, 1),
    "turned by 90 degrees": lambda a: np.rot90(a, 1, (1, 2)),
    "turned by 270 degrees": lambda a: np.rot90(a, -1, (1, 2)),
    "mirrored along the other diagonal": lambda a: a.transpose(0, 2, 1)[:, ::-1, ::-1],
}


@pytest.fixture(scope="module")
def sevens():
    """Handwritten sevens, 32 px: no two orientations of one look alike."""
    found = load_digits()
    return np.kron(found.images[found.target == 7] * 15.9, np.ones((4, 4))).astype(np.uint8)


@pytest.mark.parametrize("turn", TURNS)
def test_every_turn_is_named(sevens, turn) -> None:
    """NumPy turns the pictures; half of the sevens are the baseline, half the batch."""
    base, batch = orientation_rows(sevens[::2]), SCENES[turn](sevens[1::2])
    rows = orientation_rows(np.ascontiguousarray(batch))

    number = best_turn(base.mean(axis=0), rows.mean(axis=0))
    usual = np.tile(base.mean(axis=0), (len(rows), 1))

    assert TURNS[number] == turn
    assert (likeness_turned(rows, usual, number).mean() > 0) == bool(turn)


def test_a_picture_that_looks_the_same_in_all_orientations_has_none() -> None:
    y, x = np.mgrid[:32, :32] - 15.5
    rings = (127 + 100 * np.cos(np.hypot(x, y) / 2)).astype(np.uint8)

    assert np.abs(orientation_rows(rings[None])).max() < 1e-6
    assert np.abs(orientation_rows(np.zeros((1, 32, 32), np.uint8))).max() == 0


def test_contrast_and_brightness_do_not_count(sevens) -> None:
    """Half the contrast on a brighter ground is the same layout, but for rounding."""
    faint = (sevens // 2 + 60).astype(np.uint8)

    assert np.abs(orientation_rows(sevens) - orientation_rows(faint)).max() < 0.01
