"""Share of a class that a number tells, where few other images are taken for it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from deri_gate.arrays import BoolArray, FloatArray, IntArray

FEW, SOME = 0.01, 0.05  # shares of the other images that may be let through, freely and at all
DEAREST = 0.45  # what is taken off where as many as SOME are let through
ROUNDING = 1e-12
TESTS = 20_000  # places, local features and directions that are tried for a class
CHANCE = 0.01  # that half of a class stands out among the tests, where labels say nothing


def cost_of(others: FloatArray, images: int) -> FloatArray:
    """Take this off where such a share of so many other images is let through.

    Of few images none may pass, and yet one in twenty would: their rate is taken from above.
    """
    rate = (others * images + 2) / (images + 2)
    return np.asarray(DEAREST * np.sqrt(np.clip((rate - FEW) / (SOME - FEW), 0, 1)))


def told_above(values: FloatArray | IntArray, own: BoolArray) -> float:
    """The best share of a class beyond a bound that few others pass.

    Args:
        values: Value of each image, shape (N,), higher: more likely of the class.
        own: Whether an image is of the class, shape (N,); neither none nor all are.
    """
    inside, others = np.sort(values[own]), np.sort(values[~own])
    bounds = others[len(others) - 1 - int(SOME * len(others)) :]
    told = 1 - np.searchsorted(inside, bounds, side="right") / len(inside)
    passed = 1 - np.searchsorted(others, bounds, side="right") / len(others)
    return max(0.0, float((told - passed - cost_of(passed, len(others))).max()))


def can_be_told(of_class: BoolArray) -> bool:
    """True if half of the class would not stand out among the others by chance."""
    count, every = int(of_class.sum()), len(of_class)
    half = math.ceil(count / 2)
    if not 0 < count < every:
        return False
    return _log_choices(count, half) + math.log(TESTS / CHANCE) < _log_choices(every, half)


def _log_choices(count: int, chosen: int) -> float:
    """Logarithm of the binomial coefficient, which itself is no float from 1,030 images on."""
    rest = math.lgamma(chosen + 1) + math.lgamma(count - chosen + 1)
    return math.lgamma(count + 1) - rest
