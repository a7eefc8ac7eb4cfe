"""The power law of a learning curve, against curves known on paper and SciPy's fit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import curve_fit

from deri_gate.stats.power_law import fit_power_law

COUNTS = np.array([100.0, 200.0, 400.0, 800.0, 1600.0])
SMALL = np.full(5, 1e-3)


def test_a_curve_of_the_grid_is_found_again() -> None:
    """0.1 + 0.4 / sqrt of the multiple of 100 images: at 6,400 images it is 0.15."""
    law = fit_power_law(COUNTS, 0.1 + 0.4 * (COUNTS / 100) ** -0.5, SMALL, seed=1)

    assert law.at(6400) == pytest.approx(0.15, abs=3e-3)  # the exponent is on a grid
    low, high = law.interval_at(6400)
    assert low <= 0.15 <= high
    assert high - low < 0.02


def test_a_noisy_curve_is_that_of_scipy() -> None:
    """SciPy's free least squares foretells within a fifth of our interval."""
    rng = np.random.default_rng(3)
    errors = 0.05 + 0.3 * (COUNTS / 100) ** -0.7 + 0.004 * rng.standard_normal(5)
    law = fit_power_law(COUNTS, errors, np.full(5, 0.004), seed=1)
    free, _ = curve_fit(
        lambda n, a, b, c: a + b * (n / 100) ** -c, COUNTS, errors,
        p0=(0.05, 0.3, 0.7), bounds=([0, 0, 0.1], [1, 1, 1.5]),
    )  # fmt: skip
    low, high = law.interval_at(3200)

    assert law.at(3200) == pytest.approx(free[0] + free[1] * 32 ** -free[2], abs=(high - low) / 5)


@pytest.mark.parametrize("errors", [[0.3] * 5, [0.2, 0.25, 0.3, 0.35, 0.4], [0.0] * 5])
def test_what_does_not_fall_is_foretold_as_flat(errors) -> None:
    """More images are never foretold to harm, nor an error below 0."""
    law = fit_power_law(COUNTS, np.array(errors), np.full(5, 0.01), seed=1)

    assert law.at(3200) == pytest.approx(law.at(1600))
    assert law.interval_at(3200)[0] >= 0


def test_an_unsure_curve_has_a_wide_interval() -> None:
    """Ten times the deviation of the errors widens the interval."""
    errors = 0.1 + 0.4 * (COUNTS / 100) ** -0.5
    widths = []
    for deviation in (0.003, 0.03):
        low, high = fit_power_law(COUNTS, errors, np.full(5, deviation), seed=1).interval_at(3200)
        widths.append(high - low)

    assert widths[1] > 2 * widths[0]
