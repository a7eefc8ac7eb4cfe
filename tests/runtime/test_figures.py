"""Numbers as people read them."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deri_gate.runtime.figures import (
    SHARE,
    exact,
    figure,
    in_unit,
    number,
    percent,
    probability,
    signed_in_unit,
)

shares = st.floats(0, 1)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.09098, "9.1 %"),
        (0.0007905, "0.079 %"),
        (0.5, "50 %"),
        (0.6234, "62.3 %"),
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.9997, "99.97 %"),
        (1e-5, "0.001 %"),
        (None, "-"),
        (math.nan, "-"),
    ],
)
def test_a_share_is_read_in_per_cent(value: float | None, text: str) -> None:
    """One decimal, two digits below 1 %."""
    assert percent(value) == in_unit(value, SHARE) == text


@given(shares)
def test_only_nothing_is_0_and_only_all_is_100(value: float) -> None:
    """A single image that is missed, or hit, is not rounded away."""
    shown = float(percent(value).removesuffix(" %"))

    assert (shown == 0) is (value == 0)
    assert value == 1 or shown < 100 or value > 1 - 1e-7
    assert shown / 100 == pytest.approx(value, rel=0.05, abs=0.0006)


@given(shares, shares)
def test_a_number_beside_its_limit_lies_on_its_side(value: float, limit: float) -> None:
    """Rounding never says "7 %; at most 7 %" of a limit that is missed."""
    shown = Decimal(in_unit(value, SHARE, than=limit).removesuffix(" %"))
    bound = Decimal(exact(limit, SHARE).removesuffix(" %"))

    if abs(value - limit) > 1e-12:
        assert (shown > bound) is (value > limit)
        assert (shown < bound) is (value < limit)


@pytest.mark.parametrize("unit", [SHARE, "", "px"])
def test_nothing_has_no_sign(unit: str) -> None:
    """A suite may say -0.0; "at most -0 %" reads as if less than nothing were meant."""
    assert exact(-0.0, unit) == exact(0.0, unit)
    assert in_unit(-0.0, unit) == in_unit(0.0, unit)


def test_a_limit_is_exact() -> None:
    """Seven hundredths are no 7.000000000000001 %."""
    assert [exact(v, SHARE) for v in (0.07, 0.0123, 0.29, 1.0, 0.0)] == [
        "7 %", "1.23 %", "29 %", "100 %", "0 %",
    ]  # fmt: skip
    assert exact(0.07, "") == "0.07"
    assert exact(1000.0, "px") == "1000"


def test_other_units_stand_behind_the_number() -> None:
    """Or nowhere, if they are said elsewhere."""
    assert in_unit(12.0, "px") == "12 px"
    assert in_unit(0.55, "") == "0.55"
    assert figure(12.0, "px") == "12"
    assert figure(0.5, SHARE) == "50 %"
    assert in_unit(5.0000004, "", than=5.0) == "5.0000004"


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (112.4, 2, "112"),
        (99.7, 2, "100"),
        (-9999.6, 4, "-10000"),
        (2590.0, 3, "2590"),
        (17.62, 3, "17.6"),
        (0.00034, 2, "0.00034"),
    ],
)
def test_a_number_keeps_the_digits_before_its_point(value: float, digits: int, text: str) -> None:
    """Nobody reads "brighter by 1.1e+02 grey levels", nor a score of 2.59e+03."""
    assert number(value, digits) == text


@given(st.floats(-1e12, 1e12), st.integers(1, 6))
def test_no_large_number_has_an_exponent(value: float, digits: int) -> None:
    """Nor is it rounded by more than its last digit."""
    text = number(value, digits)

    assert "e+" not in text
    assert float(text) == pytest.approx(value, rel=10 ** (1 - digits))


def test_a_difference_has_a_sign() -> None:
    """Shares in per cent, other numbers bare."""
    assert [signed_in_unit(v, SHARE) for v in (0.031, -0.031, 0.0)] == ["+3.1 %", "-3.1 %", "0 %"]
    assert signed_in_unit(-3.0, "px") == "-3"
    assert signed_in_unit(None, SHARE) == "-"


def test_a_tiny_probability_is_below_a_bound() -> None:
    """Unless the limit beside it is as tiny."""
    assert [probability(p) for p in (2.5e-8, 0.00026, 0.5, None)] == [
        "below 0.0001", "0.00026", "0.5", "-",
    ]  # fmt: skip
    assert probability(2.5e-8, than=1e-6) == "2.5e-08"
