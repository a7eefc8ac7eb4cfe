"""Damage that shows by itself, without any comparison, where few images do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.measuring.frames import ALL_AROUND, ONE_LINE
from deri_gate.measuring.looks import shown_part

if TYPE_CHECKING:
    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.measuring.labelled_looks import LabelledLooks

LARGE_SHARE = 0.25  # of the images: so many are what is usual here, not damaged
BARE = 0.995  # share of an image's pixels that are black or white, from which on it has two levels
# Colourfulness below which there is none, and next to none. Where photographs of next to no colours
# are half as many as those without any, these are how some are, and no damage by themselves.
GREY, NEARLY_GREY, TIMES = 0.5 / 255, 2.55 / 255, 2
# Share of the area in a plain strip that ends straight, from which on a part was taken off, and
# nearly: films with frames and digits have all shares between, a head beside dark ground has less.
TAKEN_OFF, NEARLY_TAKEN_OFF, MUCH = 0.3, 0.15, 4
SELDOM = 0.15  # share of the images up to which that is not how they are
ONE_OR_TWO = 2  # images of a class that say nothing of the others


def certain_damage(looks: LabelledLooks, straight: IntArray) -> dict[str, BoolArray]:
    """True for images that show a damage by themselves, by its kind; where few images do.

    A digit has little between black and white, some photographs have little colour, and a head
    much black around it. So the trace of losing it is lost among what images differ in anyway.
    """
    black, white = shown_part(looks.values, "black_share"), shown_part(looks.values, "white_share")
    kinds = {
        "two_levels": (black + white >= BARE) & (black > 0) & (white > 0),
        "border": straight == ALL_AROUND,
        "colourless": _unusually_grey(looks.values),
        "blank_part": _unusually_straight(looks.values) & (straight >= ONE_LINE),
    }
    return {kind: seldom(shows, looks) for kind, shows in kinds.items()}


def _unusually_grey(values: FloatArray) -> BoolArray:
    """True for images without colours, where there are more than of images with next to none."""
    grey, nearly = (less_colourful(values, most) for most in (GREY, NEARLY_GREY))
    return grey & bool(grey.sum() > TIMES * (nearly & ~grey).sum())


def _unusually_straight(values: FloatArray) -> BoolArray:
    """True for images that lack a part, where there are more than of images that nearly do."""
    share = shown_part(values, "straight_share")
    lacking = share >= TAKEN_OFF
    nearly = np.count_nonzero(~lacking & (share >= NEARLY_TAKEN_OFF))
    return np.asarray(lacking & bool(np.count_nonzero(lacking) > MUCH * nearly))


def less_colourful(values: FloatArray, most: float) -> BoolArray:
    """True for images of less colourfulness than this, 0 to 1, shape (N,)."""
    return np.asarray(shown_part(values, "colourfulness") < np.log(most + 2 / 255))


def seldom(shows: BoolArray, looks: LabelledLooks) -> BoolArray:
    """The images for which this holds, without those of classes and sources where it is usual."""
    kept = np.asarray(shows & bool(shows.mean() <= SELDOM))
    for numbers in looks.strata:
        kinds = np.unique(numbers, return_inverse=True)[1]
        sizes, counts = np.bincount(kinds), np.bincount(kinds, weights=shows)
        kept &= (counts <= np.maximum(ONE_OR_TWO, LARGE_SHARE * sizes))[kinds]
    return kept
