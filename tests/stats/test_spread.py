"""The robust spread against SciPy's median absolute deviation."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import median_abs_deviation

from deri_gate.stats.spread import SCALE, nan_median, quantile, scaled_mad

numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)


@given(numbers, st.integers(0, 5))
def test_agrees_with_scipy(values: list[float], unknown: int) -> None:
    """The same to the last bit, whatever numbers are missing."""
    known, every = np.array(values), np.array([*values, *[np.nan] * unknown])

    assert scaled_mad(every) == SCALE * median_abs_deviation(known)


def test_reduces_one_axis() -> None:
    """Each column of a stack of tables has a spread of its own."""
    tables = np.random.default_rng(3).normal(size=(4, 9, 5))

    found = scaled_mad(tables, axis=-2)

    np.testing.assert_array_equal(found, SCALE * median_abs_deviation(tables, axis=-2))
    assert found.shape == (4, 5)


def test_estimates_a_standard_deviation() -> None:
    """Of normal numbers it is their standard deviation, and one outlier does not move it."""
    values = np.random.default_rng(3).normal(scale=7.0, size=20_001)
    values[0] = 1e9

    assert scaled_mad(values) == pytest.approx(7.0, rel=0.03)


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60),
    st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]),
)
def test_a_quantile_is_numpys_to_the_last_bit(values, share):
    """With one value, equal values and shares at both ends."""
    assert quantile(np.array(values), share) == np.quantile(values, share)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
@pytest.mark.parametrize("shape", [(40, 20, 7), (3, 5, 1), (1, 1, 9)])
def test_a_median_without_nan_is_numpys_to_the_last_bit(shape, axis) -> None:
    """Even and odd counts, equal numbers, zeros of both signs, and numbers that are missing."""
    generator = np.random.default_rng(1)
    for values in (generator.normal(size=shape), generator.normal(size=shape).round(1)):
        values[generator.random(shape) < 0.3] = np.nan
        values[tuple(0 if i == axis % 3 else slice(None) for i in range(3))] = 1.5

        assert nan_median(values, axis=axis).tobytes() == np.nanmedian(values, axis).tobytes()


@given(st.lists(st.floats(-1e6, 1e6) | st.sampled_from([np.nan, -0.0]), min_size=1, max_size=30))
def test_a_median_of_one_row_is_numpys_to_the_last_bit(values) -> None:
    """NumPy's median, also of a single number; NaN where there is none."""
    every = np.array(values)
    theirs = np.nan if np.isnan(every).all() else np.nanmedian(every)

    assert nan_median(every, axis=0).tobytes() == np.float64(theirs).tobytes()


def test_medians_of_a_resampled_pool_are_quick() -> None:
    """NumPy's own takes five times as long: it masks what is missing."""
    pools = np.random.default_rng(0).normal(size=(400, 20, 11))
    pools[::7, 3] = np.nan

    def seconds(median) -> float:
        begun = time.process_time()
        median(pools, axis=-2)
        return time.process_time() - begun

    assert min(seconds(nan_median) for _ in range(3)) < min(seconds(np.nanmedian) for _ in range(3))
