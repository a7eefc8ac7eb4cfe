"""Trends over time: Theil and Sen's slope, Mann and Kendall's test."""

from itertools import combinations

import numpy as np
import pytest

from deri_gate.drift.trend import YEAR, days_of, trends_of


def test_days_of_times():
    """Seconds count, zones too; what is not known is not a number."""
    days = days_of(["1970-01-02", "1970-01-01T12:00", "1970-01-01T02:00+02:00", ""])

    assert days[:3] == pytest.approx([1, 0.5, 0])
    assert np.isnan(days[3])


def test_slope_and_p_against_brute_force():
    """The median of all pairwise slopes; p from the number of rising and falling pairs."""
    rng = np.random.default_rng(0)
    days = np.repeat(np.arange(30) * 7.0, 4)
    values = 0.05 * days + rng.normal(size=120)
    trend = trends_of({"sharpness": values}, days)[0]
    means, when = values.reshape(30, 4).mean(axis=1), np.arange(30) * 7.0
    slopes = [(means[j] - means[i]) / (when[j] - when[i]) for i, j in combinations(range(30), 2)]
    s = sum(np.sign(slope) for slope in slopes)

    assert trend.periods == 30
    assert trend.slope == pytest.approx(np.median(slopes) * YEAR)
    assert s > 0
    assert trend.p < 1e-6
    assert trend.interval[0] < 0.05 * YEAR < trend.interval[1]


def test_a_day_with_many_images_counts_once():
    """One loud day is no trend."""
    days = np.concatenate([np.arange(10.0), np.full(500, 9.0)])
    values = np.concatenate([np.tile([1.0, 2.0], 5), np.full(500, 9.0)])

    assert trends_of({"sharpness": values}, days)[0].p > 0.05


def test_order_and_unknown_times_do_not_matter():
    rng = np.random.default_rng(1)
    days, values = rng.integers(0, 40, 200).astype(float), rng.normal(size=200)
    order = rng.permutation(200)
    more = np.append(days, np.nan), np.append(values, 1e9)

    plain = trends_of({"exposure": values}, days)

    assert trends_of({"exposure": values[order]}, days[order])[0].slope == pytest.approx(
        plain[0].slope
    )
    assert trends_of({"exposure": more[1]}, more[0]) == plain


def test_too_few_points_in_time_give_none():
    assert trends_of({"exposure": np.arange(8.0)}, np.repeat(np.arange(4.0), 2)) == ()
    assert trends_of({"exposure": np.arange(3.0)}, np.full(3, np.nan)) == ()


def test_many_days_are_put_together():
    days = np.arange(500.0)

    trend = trends_of({"exposure": np.sqrt(days)}, days)[0]

    assert trend.periods == 60
    assert trend.p < 1e-9


def test_several_trends_are_corrected():
    rng = np.random.default_rng(0)
    days = np.arange(20.0)
    several = trends_of(
        {"sharpness": days, "exposure": rng.normal(size=20), "intensity": np.ones(20)}, days
    )

    assert several[0].adjusted_p == pytest.approx(3 * several[0].p)
    assert several[2].p == 1
