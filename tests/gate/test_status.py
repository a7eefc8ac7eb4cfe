"""One order of statuses, for rows, suites and datasets."""

from __future__ import annotations

from itertools import product

import pytest

from deri_gate.gate.records import Check, Judgement, Row, Status, both, verdict_on, worst_status
from deri_gate.schemas.validation import ValidationDocument, ValidationStatistics

WORST_FIRST = (Status.UNKNOWN, Status.FAIL, Status.WARN, Status.NOT_LOOKED_AT, Status.PASS)
STATISTICS = ValidationStatistics(
    declared_expectations=1,
    loaded_expectations=1,
    evaluated_expectations=1,
    successful_expectations=1,
)


def judgement(status: Status) -> Judgement:
    """The answer of a suite of one limit."""
    check = Check(
        name="sharpness at least 5",
        metric="sharpness",
        severity="critical",
        observed=None,
        limit=5.0,
        status=status,
        reason="",
    )
    plain = ValidationDocument(suite_name="s", success=True, statistics=STATISTICS, results=())
    return Judgement(verdict=verdict_on([status]), checks=(check,), validation=plain)


def test_the_row_and_the_verdict_agree() -> None:
    """The worst status of the rows is the verdict, where anything was looked at."""
    for statuses in product(WORST_FIRST, repeat=3):
        expected = next(status for status in WORST_FIRST if status in statuses)
        looked_at = [status for status in statuses if status is not Status.NOT_LOOKED_AT]

        assert worst_status(statuses) is expected, statuses
        if looked_at:
            assert verdict_on(statuses) is worst_status(looked_at), statuses


def test_nothing_looked_at_is_unknown() -> None:
    """A suite of limits that nobody could hold against anything passes no dataset."""
    assert verdict_on([]) is Status.UNKNOWN
    assert verdict_on([Status.NOT_LOOKED_AT]) is Status.UNKNOWN
    assert worst_status([]) is None


@pytest.mark.parametrize(("first", "second"), list(product(WORST_FIRST, repeat=2)))
def test_two_suites_are_as_bad_as_the_worse_one(first, second) -> None:
    """A suite that was not looked at makes the whole unknown, whatever the other says."""
    verdicts = {judgement(first).verdict, judgement(second).verdict}
    expected = next(status for status in WORST_FIRST if status in verdicts)

    assert both(judgement(first), judgement(second)).verdict is expected


@pytest.mark.parametrize(
    ("part", "name"),
    [(None, "sharpness"), ("class", "worst_class.sharpness"), ("group", "worst_group.sharpness")],
)
def test_a_row_has_the_name_that_suites_use(part, name) -> None:
    """Metric and slice are fields; the name is made of them and never taken apart."""
    row = Row(metric="sharpness", slice=part, raw=1.0, subscore=None, weight=None)

    assert row.name == name
