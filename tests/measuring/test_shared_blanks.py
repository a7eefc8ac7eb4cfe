"""Pictures of which a part is blank: alike by that alone, and copies of each other."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deri_gate.features.near_duplicates import near_duplicates
from deri_gate.measuring.shared_blanks import without_shared_blanks

COUNT, BLANK = 120, 6  # pictures, and how many of them have a blank part


def eyes():
    """Round smooth pictures on black, each lit from another side, with a few spots."""
    rng = np.random.default_rng(5)
    row, column = np.indices((32, 32)) / 15.5 - 1
    for _ in range(COUNT):
        turn, lit, light = rng.uniform(0, 2 * np.pi), rng.uniform(10, 60), rng.uniform(90, 160)
        shown = light + lit * (np.cos(turn) * row + np.sin(turn) * column)
        spots = cv2.GaussianBlur(rng.normal(0, 65, (32, 32)), (0, 0), 2.0)
        yield np.where(np.hypot(row, column) < 1, np.clip(shown + spots, 30, 250), 0)


@pytest.fixture(scope="module", params=["half", "frame"])
def found(request):
    """Pairs among eyes of which six have a blank part, and two of these are there darker, too."""
    pictures = np.stack([*eyes()])
    if request.param == "half":
        pictures[:BLANK, :, 16:] = 255
    else:
        for side in (pictures, pictures.transpose(0, 2, 1)):
            side[:BLANK, :6] = side[:BLANK, -6:] = 255
    copies = 0.9 * pictures[:2]
    shown = np.clip(np.rint([*pictures, *copies]), 0, 255).astype(np.uint8)
    near = near_duplicates(shown, np.full((len(shown), 2), np.nan))
    return near, without_shared_blanks(near, shown)


def listed(near):
    return {tuple(pair) for pair in near.listed.pairs.tolist()}


def test_pictures_that_share_a_blank_part_are_no_copies(found):
    """Different eyes are listed for their blanks alone, and only their copies are left."""
    before, after = map(listed, found)
    copies = {(0, COUNT), (1, COUNT + 1)}

    assert len(before - copies) >= 1
    assert after == copies


def test_the_metric_counts_as_before(found):
    before, after = found

    np.testing.assert_array_equal(after.pairs, before.pairs)
