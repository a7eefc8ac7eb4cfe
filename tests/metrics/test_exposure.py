"""Exposure: entropy of the levels, which no tone curve can raise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from deri_gate.metrics.exposure import METRIC, exposure, paper_exposure
from tests.sweeps import randomly

REAL = ["camera", "coins", "astronaut", "cat", "coffee", "moon", "gravel"]


def gamma(picture, power):
    return (255 * (picture / 255) ** power).round().astype(np.uint8)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([7] * 8, 1.0),  # one level says nothing
        ([0, 255] * 4, 7 / 8),  # one bit of eight
        (list(range(256)), 0.0),  # all levels alike
        ([0, 0, 0, 9], 1 - (2 - 0.75 * np.log2(3)) / 8),  # H(1/4), on paper
    ],
)
def test_values_worked_by_hand(levels, expected):
    """The formula, where a person can check it."""
    assert exposure(np.array([levels], np.uint8)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", ["camera", "astronaut"])
def test_agrees_with_scipy(photos, name):
    """SciPy's entropy of the histogram, channel by channel."""
    channels = np.atleast_3d(photos[name])
    bits = [
        entropy(np.bincount(channels[..., c].ravel()), base=2) for c in range(channels.shape[2])
    ]

    assert exposure(photos[name]) == pytest.approx(1 - np.mean(bits) / 8, abs=1e-12)


@given(
    st.lists(st.integers(0, 255), min_size=256, max_size=256).map(sorted),
    st.integers(0, 2**32 - 1),
    st.booleans(),
)
@randomly(60)
def test_no_tone_curve_lowers_it(curve, seed, colour):
    """Data processing: whatever a monotone curve merges stays merged."""
    generator = np.random.default_rng(seed)
    shape = (12, 10, 3) if colour else (12, 10)
    picture = np.clip(generator.normal(128, 50, shape), 0, 255).astype(np.uint8)
    curved = np.array(curve, np.uint8)[picture]

    assert exposure(curved) >= exposure(picture) - 1e-12


@given(st.permutations(range(256)), st.integers(0, 2**32 - 1))
@randomly(20)
def test_renaming_the_levels_does_not_matter(order, seed):
    """Negatives and other one-to-one curves lose nothing."""
    picture = np.random.default_rng(seed).integers(0, 256, (9, 9)).astype(np.uint8)

    assert exposure(np.array(order, np.uint8)[picture]) == pytest.approx(exposure(picture))


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("power", [0.4, 2.5])
def test_gamma_either_way_raises_it(photos, name, power):
    """Brightening and darkening both merge levels of a photo."""
    assert exposure(gamma(photos[name], power)) > exposure(photos[name])


@pytest.mark.parametrize("name", REAL)
def test_rises_as_more_is_clipped(photos, name):
    """Over- and underexposure, step by step."""
    for direction in (1, -1):
        shifted = [
            np.clip(photos[name].astype(int) + direction * d, 0, 255).astype(np.uint8)
            for d in (0, 60, 120, 180)
        ]

        assert np.all(np.diff([exposure(p) for p in shifted]) > 0)


def test_the_paper_definition_worked_by_hand():
    """Levels 0 to 5 and 250 to 255 are clipped, 6 to 249 are not."""
    picture = np.array([[0, 5, 6, 128], [249, 250, 255, 100]], np.uint8)

    assert paper_exposure(picture) == 4 / 8
    assert METRIC.paper.of_image is paper_exposure
