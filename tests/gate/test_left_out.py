"""Rows that drop out of a limit for want of a value: its row_condition cannot see them."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from deri_gate.errors import SettingError
from deri_gate.gate import Row
from deri_gate.gate.document import only_metric
from deri_gate.gate.left_out import left_out

SIZE = {"raw": 50.0, "subscore": 50.0, "weight": 0.1, "difference": 0.0, "change": 0.5}


def compared(column, sign, parameter):
    return {
        "type": "comparison",
        "column": {"name": column},
        "operator": sign,
        "parameter": parameter,
    }


def known(column):
    return {"type": "nullity", "column": {"name": column}, "is_null": False}


def together(kind, *conditions):
    return {"type": kind, "conditions": list(conditions)}


def between(column, condition, **bounds):
    return {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": column, "row_condition": condition, **bounds},
    }


def table(rows, **worse):
    """Rows of a change in which `sharpness` is bad, and has the values given."""
    return [
        replace(row, **(SIZE if row.subscore is not None else {}))
        if row.metric != "sharpness"
        else replace(row, **(SIZE | {"raw": 1.0, "subscore": 0.2} | worse))
        for row in rows()
    ]


CHOOSE_BY = [
    ("weight", compared("weight", ">", 0)),
    ("weight", compared("weight", "IN", [0.1])),
    ("weight", known("weight")),
    ("weight", together("and", known("weight"), compared("metric", "!=", "exposure"))),
    ("weight", together("or", compared("metric", "==", "exposure"), known("weight"))),
    ("change", compared("change", "<", 0.9)),
    ("change", compared("change", "==", 0.5)),
]


@pytest.mark.parametrize(("column", "condition"), CHOOSE_BY)
@pytest.mark.parametrize("judges", ["raw", "subscore"])
def test_a_bad_row_without_the_value_passes_no_limit(judged, rows, judges, column, condition):
    """Each passed: the bad row has nothing that could be compared."""
    limit = between(judges, condition, min_value=5)

    (check,) = judged(table(rows, **{column: None}), limit).checks
    (whole,) = judged(table(rows), limit).checks

    assert check.status == "unknown"
    assert check.detail.endswith(f"without {column}: sharpness")
    assert whole.status == "fail"  # the same row with the value


@pytest.mark.parametrize("none", [math.inf, -math.inf, math.nan])
def test_a_value_that_is_not_finite_is_none(judged, rows, none):
    """The table has none there: the row was left out, and taken for one that was chosen."""
    limit = between("raw", compared("weight", ">", 0), min_value=5)

    (check,) = judged(table(rows, weight=none), limit).checks

    assert check.status == "unknown"


NAMES = {"column": "metric", "row_condition": compared("subscore", "<", 5)}
COUNTS = [
    ("expect_table_row_count_to_be_between",
     {"max_value": 1, "row_condition": NAMES["row_condition"]}),
    ("expect_column_distinct_values_to_be_in_set", NAMES | {"value_set": ["exposure"]}),
    ("expect_column_values_to_be_in_set", NAMES | {"value_set": ["exposure"]}),
    ("expect_column_unique_value_count_to_be_between", NAMES | {"max_value": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "kwargs"), COUNTS)
def test_a_metric_that_was_not_measured_is_none_of_the_good_ones(judged, rows, kind, kwargs):
    """`No more than one metric below 5` passed with one below, and one that has no value."""
    gap = table(lambda: rows(exposure=1.0), raw=None, subscore=None)
    bad = [replace(row, subscore=1.0) if row.metric == "exposure" else row for row in gap]
    here = [replace(row, subscore=60.0) if row.metric == "sharpness" else row for row in bad]

    judge_all = {"type": "expect_subscore_to_be_at_least",
                 "kwargs": {"metric": "diversity", "minimum": 5}}  # fmt: skip
    statuses = [
        judged(cells, {"type": kind, "kwargs": kwargs}, judge_all).checks[0].status
        for cells in (bad, here)
    ]

    assert statuses == ["unknown", "pass"]


def test_rows_that_never_have_such_a_value_are_no_gaps(rows):
    """Shares and scores have no subscore and no weight; a condition on names leaves out by name."""
    every = rows()
    by_name = compared("metric", "IN", ["exposure", "DERI1000"])

    assert left_out(every, compared("weight", ">", 0)) == {}
    assert left_out(every, known("subscore")) == {}
    assert left_out(rows(sharpness=None), by_name) == {}
    assert left_out(every, None) == {}
    assert left_out(rows(sharpness=None), compared("raw", ">", 1)) == {"raw": ("sharpness",)}


def test_a_share_is_no_gap_of_the_images_that_changed(judged, rows):
    """No share has a p of changed images: without splits, every such limit was unknown."""
    absent = Row(metric="leaked_copies", raw=None, subscore=None, weight=None, absent="no splits")
    untested = Row(metric="novelty", raw=None, subscore=None, weight=None, compared=True)
    limit = between("raw", compared("change", "<", 0.9), min_value=5)
    whole = [row if row.subscore is None else replace(row, change=0.5) for row in rows()]

    statuses = [judged([*whole, more], limit).checks[0].status for more in (absent, untested)]

    assert statuses == ["pass", "unknown"]


@pytest.mark.parametrize("demanded", [False, True])
def test_what_is_not_there_is_no_gap_where_it_is_not_demanded(judged, rows, demanded):
    """`At most one above .1` was unknown for a set without splits, whatever its suite said."""
    absent = Row(metric="leaked_copies", raw=None, subscore=None, weight=None, absent="no splits")
    shares = compared("metric", "IN", ["leaked_copies", "unreadable_share"])
    condition = together("and", shares, compared("raw", ">", 0.1))
    most = {"type": "expect_table_row_count_to_be_between", "meta": {"demanded": demanded},
            "kwargs": {"max_value": 1, "row_condition": condition}}  # fmt: skip
    judge_all = {"type": "expect_subscore_to_be_at_least",
                 "kwargs": {"metric": "diversity", "minimum": 5}}  # fmt: skip

    bad = [replace(row, raw=0.2) if row.metric == "unreadable_share" else row for row in rows()]

    (check, _) = judged([*bad, absent], most, judge_all).checks

    assert check.status == ("unknown" if demanded else "pass")


@pytest.mark.parametrize("mostly", ["0.1", ".9", True])
def test_mostly_is_a_number(judged, rows, mostly):
    """As text it escaped the look whether more than half of the rows may miss the limit."""
    limit = between("subscore", compared("metric", "IN", ["sharpness", "exposure"]), min_value=5)
    limit["kwargs"]["mostly"] = mostly

    with pytest.raises(SettingError, match="mostly must be a number"):
        judged(table(rows), limit)


@pytest.mark.parametrize("sign", ["!=", "NOT_IN", "<"])
def test_a_limit_on_all_others_is_not_called_one_on_the_metric_left_out(judged, rows, sign):
    """The miss of `sharpness` was told as one of `exposure`, which the condition excludes."""
    parameter = ["exposure"] if sign == "NOT_IN" else "exposure"
    condition = compared("metric", sign, parameter)

    (check,) = judged(table(rows), between("change", condition, min_value=0.6)).checks

    assert only_metric({"row_condition": condition}) == []
    assert only_metric({"row_condition": compared("metric", "==", "exposure")}) == ["exposure"]
    assert (check.status, check.metric) == ("fail", "")


def test_a_limit_on_one_metric_or_others_is_not_called_one_on_that_metric(judged, rows):
    """The miss of `sharpness` was told as one of `exposure`."""
    condition = together("or", compared("metric", "==", "exposure"), compared("weight", ">", 0))

    (check,) = judged(table(rows), between("raw", condition, min_value=5)).checks

    assert (check.status, check.metric) == ("fail", "")
