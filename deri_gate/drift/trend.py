"""Tests for steady rises and falls over time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.drift.kinds import KINDS
from deri_gate.drift.records import Trend
from deri_gate.stats.rank_tests import holm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.arrays import FloatArray

FEWEST = 5  # points in time; of four no order is rarer than 1 in 12
MOST = 60  # points in time that are told apart; neighbouring ones are put together beyond that
YEAR = 365.25  # days


def days_of(times: Sequence[str]) -> FloatArray:
    """Days since 1970 of ISO times, shape (n,); NaN where there is none."""
    return np.array([_day(text) for text in times], dtype=float)


def _day(text: str) -> float:
    if not text:
        return float("nan")
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.timestamp() / 86_400


def trends_of(values: Mapping[str, FloatArray], days: FloatArray) -> tuple[Trend, ...]:
    """The trend of each value over the images whose time is known.

    Images of one day count as one point, their mean; so a day with many images is no stronger
    witness than one with few. Theil and Sen's slope, Mann and Kendall's test, Holm's correction.

    Args:
        values: By name, a number an image, shape (n,).
        days: Day of each image, NaN where it is not known, shape (n,).

    Returns:
        Nothing when there are fewer than five points in time.
    """
    dated = np.isfinite(days)
    points = _points(np.floor(days[dated]))
    if points.max(initial=-1) + 1 < FEWEST:
        return ()
    when = _means(days[dated], points)
    trends = [_trend(name, when, _means(own[dated], points)) for name, own in values.items()]
    adjusted = holm([trend.p for trend in trends])
    return tuple(replace(t, adjusted_p=sure) for t, sure in zip(trends, adjusted, strict=True))


def _points(days: FloatArray) -> FloatArray:
    """Number of the point in time of each image, in order of time, shape (n,)."""
    every, number = np.unique(days, return_inverse=True)
    if len(every) <= MOST:
        return np.asarray(number)
    return np.asarray(number * MOST // len(every))


def _means(values: FloatArray, points: FloatArray) -> FloatArray:
    return np.bincount(points, weights=values) / np.bincount(points)


def _trend(name: str, when: FloatArray, values: FloatArray) -> Trend:

    slope = scipy.stats.theilslopes(values, when, alpha=0.95)
    p = float(scipy.stats.kendalltau(when, values).pvalue)
    return Trend(
        name=name,
        title=KINDS[name].title,
        periods=len(when),
        slope=float(slope.slope) * YEAR,
        interval=(float(slope.low_slope) * YEAR, float(slope.high_slope) * YEAR),
        p=p if np.isfinite(p) else 1.0,  # all values are equal
        adjusted_p=1.0,
    )
