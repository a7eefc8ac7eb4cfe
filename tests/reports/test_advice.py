"""Advice on a limit: it stands alone behind `Next`, so it names what it is about."""

from __future__ import annotations

import re

import pytest

from deri_gate.reports.advice import ADVICE

POINTS_BACK = re.compile(r"^\w+ (these|those|that|them|it)\b|\b(of these|for these|that they)\b")


@pytest.mark.parametrize("metric", ADVICE)
def test_advice_names_what_it_is_about(metric) -> None:
    """No limit stands before it, which "these images" could mean."""
    assert not POINTS_BACK.search(ADVICE[metric])
