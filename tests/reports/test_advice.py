"""Advice on a limit: it stands alone behind `Next`, so it names what it is about."""

from __future__ import annotations

import re

import pytest

from deri_gate.reports.advice import ADVICE, advice_on

POINTS_BACK = re.compile(r"^\w+ (these|those|that|them|it)\b|\b(of these|for these|that they)\b")


@pytest.mark.parametrize("metric", ADVICE)
def test_advice_names_what_it_is_about(metric) -> None:
    """No limit stands before it, which "these images" could mean."""
    assert not POINTS_BACK.search(ADVICE[metric])


def test_a_fall_against_the_base_sends_to_what_fell(check_of) -> None:
    """The lowest subscores may be those of the base: the change did not lower them."""
    fall = check_of("warn", metric="DERI1000", column="difference")

    assert advice_on(fall) == "Look first at the metrics whose subscores fell most."
    assert advice_on(check_of("warn", metric="DERI1000")) == ADVICE["DERI1000"]
