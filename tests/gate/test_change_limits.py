"""Limits on what changed against a base."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from deri_gate.changes.records import ABOUTS
from deri_gate.errors import SettingError
from deri_gate.gate import both
from deri_gate.metrics.catalogue import METRICS

SUITE = Path(__file__).parents[2] / "expectations" / "pull_request.json"


@pytest.fixture
def compared(rows):
    """The usual rows with what a comparison says of sharpness."""

    def make(difference, change):
        return [
            replace(row, difference=difference, change=change) if row.metric == "sharpness" else row
            for row in rows()
        ]

    return make


@pytest.mark.parametrize(
    ("difference", "status"), [(-4.9, "pass"), (-5.0, "pass"), (-5.1, "fail"), (None, "unknown")]
)
def test_a_difference_to_the_base(judged, compared, difference, status):
    kwargs = {"metric": "sharpness", "minimum": -5}
    entry = {"type": "expect_difference_to_be_at_least", "kwargs": kwargs}
    (check,) = judged(compared(difference, 1.0), entry).checks

    assert (check.status, check.observed, check.limit) == (status, difference, -5.0)
    assert check.name == "difference of sharpness to the base at least -5"


@pytest.mark.parametrize(
    ("change", "status"), [(1.0, "pass"), (0.01, "pass"), (0.009, "fail"), (None, "unknown")]
)
def test_changed_images_that_fit(judged, compared, change, status):
    kwargs = {"metric": "sharpness", "minimum": 0.01}
    entry = {"type": "expect_changed_images_to_fit", "kwargs": kwargs}
    (check,) = judged(compared(0.0, change), entry).checks

    assert (check.status, check.observed) == (status, change)


@pytest.mark.parametrize("limit", [0, -0.1, 1.1, "0.01", True])
def test_a_probability_that_says_nothing_is_refused(judged, compared, limit):
    """A limit that all or none can keep."""
    kwargs = {"metric": "sharpness", "minimum": limit}
    with pytest.raises(SettingError, match="must be"):
        judged(compared(0.0, 1.0), {"type": "expect_changed_images_to_fit", "kwargs": kwargs})


def test_without_a_base_a_limit_on_the_change_is_unknown(judged, rows):
    """And unknown never passes."""
    for kind in ("difference_to_be_at_least", "changed_images_to_fit"):
        entry = {"type": f"expect_{kind}", "kwargs": {"metric": "sharpness", "minimum": 0.5}}

        assert judged(rows(), entry).verdict == "unknown"


def test_two_suites_as_one(judged, rows, floor):
    """The worse verdict, all checks, one result."""
    good, bad = judged(rows(), floor("sharpness", 5)), judged(rows(), floor("exposure", 99))
    found = both(good, bad)

    assert found.verdict == "fail"
    assert [c.metric for c in found.checks] == ["sharpness", "exposure"]
    assert found.validation.statistics.evaluated_expectations == 2
    assert found.validation.success is False
    assert both(judged(rows(sharpness=None), floor("sharpness", 5)), bad).verdict == "unknown"


def test_the_shipped_suite_asks_about_what_is_tested():
    """Everything but the explanations, whose tests found nothing that the others did not.

    A metric without a published weight is reported; a limit on it is its author's to reason.
    """
    entries = json.loads(SUITE.read_text("utf-8"))["expectations"]
    fits = [e for e in entries if e["type"] == "expect_changed_images_to_fit"]

    asked = {entry["kwargs"]["metric"] for entry in fits}
    unlimited = {m.name for m in METRICS if not m.published_weight}
    assert len(METRICS) - len(unlimited) == 11
    assert asked == set(ABOUTS) - {"xai_overlay", "xai_stability"} - unlimited
    assert {entry["kwargs"]["minimum"] for entry in fits} == {0.01}
