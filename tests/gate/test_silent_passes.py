"""Great Expectations' silent passes, each seen there, none here."""

from __future__ import annotations

import pytest

CLEAN = {"column": {"name": "metric"}, "operator": "==", "parameter": "sharpness"}
GAP = {"column": {"name": "metric"}, "operator": "==", "parameter": "exposure"}
NONE = {"column": {"name": "change"}, "operator": ">", "parameter": 7}


def built_in(kind, condition=None, **kwargs):
    if condition:
        kwargs["row_condition"] = {"type": "comparison", **condition}
    return {"type": f"expect_{kind}", "kwargs": kwargs}


VALUES = ("column_values_to_be_between", {"column": "subscore", "min_value": 5})
AGGREGATES = [
    ("column_mean_to_be_between", {"column": "subscore", "min_value": 5}),
    ("column_min_to_be_between", {"column": "subscore", "min_value": 5}),
    ("column_max_to_be_between", {"column": "subscore", "max_value": 95}),
    ("column_sum_to_be_between", {"column": "subscore", "min_value": 0}),
    ("column_unique_value_count_to_be_between", {"column": "subscore", "min_value": 1}),
    ("column_quantile_values_to_be_between",
     {"column": "subscore", "quantile_ranges": {"quantiles": [0.5], "value_ranges": [[5, None]]}}),
]  # fmt: skip
PAIRS = [
    ("column_pair_values_a_to_be_greater_than_b", {"column_A": "subscore", "column_B": "weight"}),
    ("multicolumn_sum_to_equal", {"column_list": ["subscore", "weight"], "sum_total": 50.1}),
]
SHAPE = [
    ("table_row_count_to_be_between", {"min_value": 0, "max_value": 100}),
    ("table_row_count_to_equal", {"value": 0}),
]


@pytest.mark.parametrize(("kind", "kwargs"), [VALUES, *AGGREGATES, *PAIRS])
def test_a_gap_is_unknown(judged, rows, kind, kwargs):
    """Both in the row that is asked for, and hidden among rows that keep the limit."""
    table = [row for row in rows(exposure=None) if row.subscore is not None or row.raw is None]
    asked, hidden = built_in(kind, GAP, **kwargs), built_in(kind, **kwargs)

    found = judged(table, asked, hidden)

    assert [check.status for check in found.checks] == ["unknown", "unknown"]
    assert found.checks[0].detail == "rows without subscore, not measured: 1"


@pytest.mark.parametrize(
    ("exposure", "mostly", "status"),
    [
        (None, 0.6, "unknown"),
        (None, 0.95, "fail"),
        (50.0, 0.6, "pass"),
        (2.0, 0.6, "pass"),
        (2.0, 0.9, "fail"),
    ],
)
def test_a_value_that_may_miss_excuses_no_gap(judged, rows, exposure, mostly, status):
    """Unknown: one bad row of eleven, which `mostly` allows, and one that was not measured."""
    table = [row for row in rows(sharpness=2.0, exposure=exposure) if row.weight is not None]
    kind, kwargs = VALUES

    assert judged(table, built_in(kind, mostly=mostly, **kwargs)).verdict == status


@pytest.mark.parametrize(("kind", "kwargs"), [VALUES, *AGGREGATES, *PAIRS])
def test_the_same_without_a_gap_is_judged(judged, rows, kind, kwargs):
    (check,) = judged(rows(), built_in(kind, CLEAN, **kwargs)).checks

    assert (check.status, check.detail) == ("pass", "")


@pytest.mark.parametrize(("kind", "kwargs"), [VALUES, *AGGREGATES, *PAIRS, *SHAPE])
def test_a_condition_that_matches_no_row_is_unknown(judged, rows, kind, kwargs):
    (check,) = judged(rows(), built_in(kind, NONE, **kwargs)).checks

    assert (check.status, check.detail) == ("unknown", "no row was looked at")


@pytest.mark.parametrize(("kind", "kwargs"), [VALUES, *AGGREGATES])
def test_no_rows_at_all_is_unknown(judged, kind, kwargs):
    (check,) = judged([], built_in(kind, **kwargs)).checks

    assert (check.status, check.detail) == ("unknown", "no row was looked at")


@pytest.mark.parametrize("kind", ["column_values_to_be_between", "column_max_to_be_between"])
def test_infinity_is_a_gap(judged, rows, kind):
    found = judged(rows(exposure=float("inf"))[:11], built_in(kind, column="subscore", min_value=5))

    assert found.verdict == "unknown"


def test_a_value_out_of_bounds_is_a_miss_despite_gaps(judged, rows):
    """It is certain, whatever the rows without a value would have held."""
    kind, kwargs = VALUES

    (check,) = judged(rows(sharpness=1, exposure=None), built_in(kind, **kwargs)).checks

    assert check.status == "fail"


def test_expectations_about_gaps_are_answered_by_gaps(judged, rows):
    column = {"column": "subscore"}
    limits = [
        built_in("column_values_to_not_be_null", GAP, **column),
        built_in("column_values_to_be_null", GAP, **column),
        built_in("column_values_to_not_be_null", NONE, **column),
    ]

    found = judged(rows(exposure=None), *limits)

    assert [check.status for check in found.checks] == ["fail", "pass", "unknown"]


def test_counts_left_out_of_the_result_hide_nothing(judged, rows):
    """With BOOLEAN_ONLY a result holds no counts to look at."""
    kind, kwargs = VALUES

    (check,) = judged(
        rows(exposure=None), built_in(kind, GAP, **kwargs, result_format="BOOLEAN_ONLY")
    ).checks

    assert check.status == "unknown"


@pytest.mark.parametrize("catch", [True, False])
def test_an_exception_is_unknown_and_concerns_its_own_check_only(judged, rows, floor, catch):
    """A comparison of numbers with text raises inside pandas."""
    condition = {"column": {"name": "weight"}, "operator": ">", "parameter": "much"}
    kind, kwargs = VALUES
    raising = built_in(kind, condition, **kwargs, catch_exceptions=catch)

    found = judged(rows(), raising, floor("exposure", 5))

    assert found.checks[0].status == "unknown"
    assert found.checks[0].detail.startswith("Great Expectations could not evaluate it: ")
    assert found.checks[1].status == "pass"
    assert found.verdict == "unknown"


def test_a_built_in_check_has_a_name_a_metric_and_a_limit(judged, rows):
    kind, kwargs = VALUES
    plain = built_in(kind, CLEAN, **kwargs)
    told = {**built_in("column_max_to_be_between", column="raw", max_value=99), "description": "D"}

    first, second = judged(rows()[:11], plain, told).checks

    assert first.name.startswith("expect column values to be between {")
    assert (first.metric, first.limit, first.observed) == ("sharpness", 5.0, None)
    assert (second.name, second.metric) == ("D", "")
    assert (second.limit, second.observed, second.status) == (99.0, 50.0, "pass")
