"""Lone images that show a damage: more is asked of one of a hundred, and of four of two thousand."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.measuring.damaged import SIGNS, TRACED, damaged_images
from deri_gate.measuring.labelled_looks import LabelledLooks
from deri_gate.measuring.typical_damage import DAMAGES, NAMED_DAMAGES

CUT = 0.55  # of the trace of a strong damage
RATIOS = 4
(TRACE,) = (damage for damage in DAMAGES if damage.kind == "compressed" and not damage.form)


def named(count: int, *, shown: int, times: float, nearly: int) -> int:
    """Number of images called compressed.

    Args:
        count: Images.
        shown: Images that show it.
        times: Part of the cut by which they do.
        nearly: Images that come to three quarters of the cut.
    """
    rng = np.random.default_rng(3)
    values = rng.normal(0, 0.1, (count, TRACED + len(SIGNS) + RATIOS))
    values[:shown, :TRACED] += times * CUT * np.array(TRACE.shift)
    values[shown : shown + nearly, :TRACED] += 0.75 * CUT * np.array(TRACE.shift)
    looks = LabelledLooks(values=values, strata=[np.zeros(count, dtype=np.int64)])
    found = damaged_images(looks, np.zeros(count, dtype=np.int64)).kind
    assert not (found[shown:] >= 0).any()
    return sum(NAMED_DAMAGES[kind].kind == "compressed" for kind in found[:shown])


@pytest.mark.parametrize(
    ("count", "shown", "times", "nearly", "expected"),
    [
        (100, 1, 1.1, 4, 0),
        (100, 1, 1.5, 4, 1),  # clearly
        (100, 1, 1.1, 0, 1),  # as no other comes near
        (200, 3, 1.1, 4, 3),  # as three of so few show it
        (2000, 1, 1.1, 4, 0),  # of many images, too
        (2000, 4, 1.05, 10, 0),  # as few as one of five hundred
        (2000, 4, 1.15, 10, 4),
        (2000, 4, 1.05, 1, 4),
        (2000, 9, 1.05, 10, 9),
    ],
)
def test_lone_images_are_named_where_they_show_it_clearly(count, shown, times, nearly, expected):
    assert named(count, shown=shown, times=times, nearly=nearly) == expected
