"""Numbers as people read them: few digits, shares in per cent, and their units."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TypeGuard

NONE = "-"  # stands for no number
SHARE = "share"  # unit of numbers from 0 to 1 that people read in per cent
WHOLE = 100.0  # per cent
TINY = 0.0001  # probability below which no more is said
MOST_DIGITS = 17  # that a float has
FINEST = 5  # decimals of a share that is almost all: one image of a hundred million is rounded


def _is_number(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


def number(value: float | None, digits: int = 4) -> str:
    """A number in few digits, and all digits before its point; a dash for none."""
    if not _is_number(value):
        return NONE
    if value == 0:
        return "0"
    text = f"{value:.{digits}g}"
    return f"{value:.0f}" if "e+" in text else text


def signed(value: float | None) -> str:
    """A difference in two digits, with its sign."""
    if not _is_number(value):
        return NONE
    return _sign(value) + number(abs(value), 2)


def percent(value: float | None) -> str:
    """A share of 1 in per cent: "9.1 %"; only nothing is 0 %, and only all of it is 100 %."""
    return f"{_percent(value, 0)} %" if _is_number(value) else NONE


def in_unit(value: float | None, unit: str, digits: int = 4, *, than: float | None = None) -> str:
    """A number with its unit: "12 px", "0.3", "9.1 %"; a dash for none.

    Args:
        value: The number.
        unit: Its unit, `SHARE` for one that is shown in per cent; "" for none.
        digits: Digits of a number that is no share.
        than: Limit beside which it is shown; enough digits are shown to tell the two apart.
    """
    if not _is_number(value):
        return NONE
    for more in range(MOST_DIGITS):
        text = _percent(value, more) if unit == SHARE else number(value, digits + more)
        shown = float(text) / (WHOLE if unit == SHARE else 1.0)
        if than is None or _order(shown, than) == _order(value, than):
            break
    return _with_unit(text, unit)


def figure(value: float | None, unit: str, digits: int = 4, *, than: float | None = None) -> str:
    """A number whose unit is said elsewhere; a share in per cent all the same."""
    return in_unit(value, SHARE if unit == SHARE else "", digits, than=than)


def signed_in_unit(value: float | None, unit: str) -> str:
    """A difference with its sign and its unit: "+3.1 %"."""
    if not _is_number(value):
        return NONE
    return _sign(value) + figure(abs(value), unit, 3)


def probability(p: float | None, *, than: float = 1.0) -> str:
    """A probability in two digits; a tiny one is "below 0.0001", as nobody reads 2.5e-08.

    Args:
        p: The probability.
        than: Limit beside which it is shown; below a tiny one all digits are needed.
    """
    if p is not None and p < TINY <= than:
        return f"below {TINY}"
    return number(p, 2)


def exact(value: float, unit: str) -> str:
    """A limit to its last digit, without a unit but per cent: "0.55", "7 %"."""
    if unit != SHARE or not math.isfinite(value):
        return f"{value + 0.0:.15g}"  # which has no -0
    return _with_unit(_plain(Decimal(f"{value:.15g}") * 100), unit)


def _with_unit(text: str, unit: str) -> str:
    sign = "%" if unit == SHARE else unit
    return f"{text} {sign}" if sign else text


def _percent(value: float, more: int) -> str:
    """Per cent with one decimal, two digits where it is below 1 %, and so many more."""
    scaled = WHOLE * value
    for digits in range(more, more + FINEST):
        short = f"{scaled:.{1 + digits}f}" if abs(scaled) >= 1 else f"{scaled:.{2 + digits}g}"
        if value == 1 or float(short) != WHOLE:
            break
    return _plain(Decimal(short))


def _plain(value: Decimal) -> str:
    text = f"{value + 0:f}"  # which has no -0
    return text.rstrip("0").rstrip(".") if "." in text else text


def _sign(value: float) -> str:
    return "+" if value > 0 else "-" if value < 0 else ""


def _order(value: float, other: float) -> int:
    return (value > other) - (value < other)
