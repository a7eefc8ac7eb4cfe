"""Colours of pictures agree whichever comes first, and with those of grey pictures."""

from __future__ import annotations

import math

import numpy as np

from deri_gate.features.colours import colours_agree, colours_among


def agree(one, other):
    """The rule in plain Python: the fainter is the stronger at half its strength or more."""
    strong, faint = sorted((one, other), key=lambda colour: -math.hypot(*colour))
    strength = math.hypot(*strong)
    share = sum(s * f for s, f in zip(strong, faint, strict=True)) / max(strength**2, 1e-9)
    share = min(1.0, max(0.5, share))
    apart = math.dist(faint, [share * s for s in strong])
    return apart <= 2.0 + 0.05 * strength


def test_pairs_agree_by_the_rule():
    colours = np.random.default_rng(0).uniform(-9, 9, (60, 2))
    expected = [[agree(one, other) for other in colours.tolist()] for one in colours.tolist()]

    assert 0.05 < np.mean(expected) < 0.95
    np.testing.assert_array_equal(colours_among(colours), expected)
    here, there = np.divmod(np.arange(60 * 60), 60)
    np.testing.assert_array_equal(colours_agree(colours[here], colours[there]), np.ravel(expected))


def test_grey_pictures_agree_with_all():
    colours = np.array([[np.nan, np.nan], [40.0, 0.0], [np.nan, np.nan], [-40.0, 0.0]])
    among = colours_among(colours)

    assert among[[0, 2]].all()
    assert among[:, [0, 2]].all()
    assert not among[1, 3]
    assert among[1, 1]
