"""The record of a picture: what in it says which pictures are the same, wholly or in part."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from deri_gate.data.picture_stack import PictureStack
from deri_gate.features.picture_record import picture_records, record_layout
from deri_gate.metrics.profile import STANDARD


def starts(*pictures: np.ndarray) -> list[int]:
    """Number of the upper third of each."""
    nothing = [SimpleNamespace()]
    made = [picture_records(PictureStack.of(one), nothing, STANDARD)[0] for one in pictures]
    return np.frombuffer(b"".join(made), dtype=record_layout(STANDARD))["start"].tolist()


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, shape).astype(np.uint8)


@pytest.mark.parametrize("shape", [(1, 5), (2, 2), (30, 20), (30, 20, 3)], ids=str)
def test_a_start_is_that_of_the_upper_third_alone(shape):
    """What follows below moves nothing, and one level above it moves all."""
    picture, upper = noise(*shape), max(1, shape[0] // 3)
    below, above = picture.copy(), picture.copy()
    below[upper:] ^= 1
    above[upper - 1, -1] ^= 1
    one, same, other = starts(picture, below, above)

    assert one == same != 0
    assert other not in {0, one}


def test_a_start_without_colour_is_that_of_a_grey_picture():
    """As a part of a picture that is grey elsewhere, too."""
    grey = noise(30, 20)
    tinted = np.stack([grey] * 3, axis=2)
    tinted[20:, :, 0] ^= 9

    assert len({*starts(grey, np.stack([grey] * 3, axis=2), tinted)}) == 1


def test_a_start_of_one_level_is_none():
    """Margins are no sign that two pictures are one."""
    picture = noise(30, 20)
    picture[:10] = 7

    assert starts(picture, np.full((1, 1), 200, np.uint8)) == [0, 0]


def test_pictures_of_other_sides_start_otherwise():
    """As many pixels of the same levels."""
    assert len({*starts(noise(12, 6), noise(12, 6).reshape(6, 12))}) == 2
