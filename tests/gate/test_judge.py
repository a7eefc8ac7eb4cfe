"""Verdicts and checks, worked by hand."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from deri_gate.gate import Row, judge
from deri_gate.schemas.base import as_json

AT_LEAST = "expect_value_to_be_at_least"
AT_MOST = "expect_value_to_be_at_most"


def of(kind, metric, **limit):
    return {"type": kind, "kwargs": {"metric": metric, **limit}}


def test_a_check_says_all_there_is_to_say(judged, rows, floor):
    found = judged(
        rows(sharpness=41.5), floor("sharpness", 5, severity="warning", meta={"reason": "why"})
    )

    (check,) = found.checks
    assert check.name == "subscore of sharpness at least 5"
    assert (check.metric, check.severity) == ("sharpness", "warning")
    assert (check.observed, check.limit) == (41.5, 5.0)
    assert (check.status, check.reason, check.detail) == ("pass", "why", "")


@pytest.mark.parametrize(
    ("expectation", "name", "status"),
    [
        (of(AT_LEAST, "DERI1000", minimum=980), "DERI1000 at least 980", "pass"),
        (of(AT_LEAST, "DERI1000", minimum=980.01), "DERI1000 at least 980.01", "fail"),
        (of(AT_MOST, "DERI1000", maximum=980), "DERI1000 at most 980", "pass"),
        (of(AT_MOST, "DERI1000", maximum=979.5), "DERI1000 at most 979.5", "fail"),
        (of(AT_MOST, "unreadable_share", maximum=0), "unreadable_share at most 0", "pass"),
        (of("expect_subscore_to_be_at_least", "noise_artifacts", minimum=50),
         "subscore of noise_artifacts at least 50", "pass"),
    ],
)  # fmt: skip
def test_a_limit_itself_is_kept(judged, rows, expectation, name, status):
    (check,) = judged(rows(), expectation).checks

    assert (check.name, check.status, check.severity) == (name, status, "critical")


@pytest.mark.parametrize(
    ("checks", "verdict"),
    [
        ([("critical", 50), ("warning", 50)], "pass"),
        ([("critical", 50), ("warning", 1)], "warn"),
        ([("critical", 50), ("warning", None)], "unknown"),  # even if it would only warn
        ([("critical", None), ("critical", 50)], "unknown"),
        ([("warning", 1), ("warning", None)], "unknown"),  # a warning does not hide an unknown
        ([("critical", 1), ("critical", None)], "unknown"),  # nor does a failure
        ([("critical", 1), ("warning", 1)], "fail"),
    ],
)
def test_the_worst_check_gives_the_verdict(judged, rows, floor, checks, verdict):
    (first, sharpness), (second, exposure) = checks
    limits = [floor("sharpness", 5, severity=first), floor("exposure", 5, severity=second)]

    assert judged(rows(sharpness=sharpness, exposure=exposure), *limits).verdict == verdict


def test_limits_that_are_settled_are_not_made_to_be_looked_through(
    gx, judged, rows, floor, monkeypatch
):
    """The file has told all; of the others Great Expectations is asked."""
    from deri_gate.gate import construction

    made, make = [], construction._construct
    monkeypatch.setattr(construction, "_construct", lambda one: made.append(one.name) or make(one))
    built_in = {
        "type": "expect_column_min_to_be_between",
        "kwargs": {"column": "subscore", "min_value": 5},
    }
    found = judged(rows(), floor("sharpness", 5), {**built_in, "severity": "warning"})

    assert found.checks[0].status == "pass"
    assert made == [found.checks[1].name]


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), float("-inf")])
def test_what_was_not_measured_is_unknown(judged, rows, floor, value):
    low, high = of(AT_LEAST, "exposure", minimum=0.1), of(AT_MOST, "exposure", maximum=0.9)

    found = judged(rows(exposure=value), floor("exposure", 5), low, high)

    assert {check.status for check in found.checks} == {"unknown"}
    assert {check.detail for check in found.checks} == {"exposure was not measured"}
    assert {check.observed for check in found.checks} == {None}


def test_what_the_pool_cannot_score_is_not_called_unmeasured(judged, rows, floor):
    """After an upgrade the pool may hold another definition: that is no fault of the dataset."""
    table = [row for row in rows() if row.metric != "sharpness"]
    table.append(Row(metric="sharpness", raw=812.0, subscore=None, weight=None))

    (check,) = judged(table, floor("sharpness", 5)).checks

    assert check.status == "unknown"
    assert "calibrate the pool again" in check.detail
    assert "not measured" not in check.detail


def test_results_are_joined_to_the_suite_not_zipped(judged, rows, floor):
    """GX gives those that name a column together, whatever stands between them."""
    column = {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "subscore", "min_value": 45, "row_condition": only("sharpness")},
        "severity": "warning",
    }
    other = {**column, "kwargs": {**column["kwargs"], "min_value": 60}}
    suite = [column, floor("exposure", 60), other, floor("duplicates", 45)]

    found = judged(rows(), *suite)

    assert [check.status for check in found.checks] == ["pass", "fail", "warn", "pass"]
    kinds = [r.expectation_config.type for r in found.validation.results]
    assert kinds == [one["type"] for one in suite]


def only(metric):
    return {
        "type": "comparison",
        "column": {"name": "metric"},
        "operator": "==",
        "parameter": metric,
    }


def test_ids_that_are_alike_are_not_confused(judged, rows, floor):
    """A copied line often keeps its id."""
    found = judged(rows(exposure=1), floor("exposure", 5, id="x"), floor("sharpness", 5, id="x"))

    assert [check.status for check in found.checks] == ["fail", "pass"]


def test_one_metric_may_have_a_warning_and_a_critical_limit(judged, rows, floor):
    found = judged(
        rows(exposure=7), floor("exposure", 5), floor("exposure", 10, severity="warning")
    )

    assert [check.status for check in found.checks] == ["pass", "warn"]


def test_a_parameter_takes_its_value_from_the_suite(judged, rows, floor):
    limit = floor("exposure", {"$PARAMETER": "low"})

    (check,) = judged(rows(exposure=7), limit, suite_parameters={"low": 8}).checks

    assert (check.limit, check.status) == (8.0, "fail")


def test_rows_that_contradict_each_other_are_a_bug(write, rows, floor):
    with pytest.raises(ValueError, match="2 rows are about 'exposure'"):
        judge([*rows(), rows()[2]], write(floor("exposure", 5)))


def test_the_validation_is_plain_and_the_same_each_time(judged, rows, floor):
    """No run ids, times or NaN; and what we made of each result stands beside it."""
    mean = {"type": "expect_column_mean_to_be_between", "kwargs": {"column": "raw", "min_value": 0}}
    text_in_numbers = {**only("sharpness"), "column": {"name": "weight"}, "operator": ">"}
    broken = {**mean, "kwargs": {**mean["kwargs"], "row_condition": text_in_numbers}}
    limits = [floor("exposure", 5, id="e-1", meta={"reason": "r"}), mean, broken]

    first, second = (judged(rows(exposure=None), *limits) for _ in range(2))

    text = as_json(first.validation)
    plain = json.loads(text, parse_constant=pytest.fail)
    assert text == as_json(second.validation)
    assert "Traceback" not in text
    assert plain["statistics"] == {
        "declared_expectations": 3,
        "loaded_expectations": 3,
        "evaluated_expectations": 3,
        "successful_expectations": 1,  # the mean of the others, which is no answer
    }
    assert [r["meta"]["status"] for r in plain["results"]] == ["unknown"] * 3
    assert plain["results"][0]["expectation_config"] == {
        "id": "e-1",
        "type": "expect_subscore_to_be_at_least",
        "kwargs": {"metric": "exposure", "minimum": 5},
        "meta": {"reason": "r"},
        "severity": "critical",
    }


def test_an_exception_is_told_without_what_differs_between_runs(gx):
    from deri_gate.gate.answers import raised_in

    told = {"raised_exception": True, "exception_message": "<Batch at 0x7f09ab> is odd"}
    silent = {"raised_exception": False, "exception_message": None}

    assert raised_in({"exception_info": told}) == "<Batch at 0x> is odd"
    assert raised_in({"exception_info": {"b": told, "a": silent}}) == "<Batch at 0x> is odd"
    assert raised_in({"exception_info": silent}) is None


def test_great_expectations_reads_the_validation(gx, judged, rows, floor):
    from great_expectations.core.expectation_validation_result import (
        expectationSuiteValidationResultSchema,
    )

    found = judged(rows(exposure=1), floor("exposure", 5, severity="warning"))

    read = expectationSuiteValidationResultSchema.load(json.loads(as_json(found.validation)))
    assert read.get_max_severity_failure().value == "warning"


def test_several_threads_may_judge_at_once(write, rows, floor):
    suite = write(floor("exposure", 5))
    values = [1.0, 9.0, None, 2.0, 8.0, None]

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda value: judge(rows(exposure=value), suite).verdict, values))

    assert found == ["fail", "pass", "unknown", "fail", "pass", "unknown"]


def test_a_row_has_no_default():
    with pytest.raises(TypeError):
        Row(metric="exposure")


def test_judgements_share_a_context_and_no_rows(judged, rows, floor, monkeypatch):
    """Each sees its own, whatever context was made between; ours takes longer than judging."""
    first = judged(rows(sharpness=41.5), floor("sharpness", 5))
    import great_expectations as gx  # loaded now, with its warnings caught

    gx.get_context(mode="ephemeral").variables.progress_bars = {"globally": True}
    monkeypatch.delattr(gx, "get_context")
    second = judged(rows(sharpness=4.5), floor("sharpness", 5))

    assert [first.verdict, second.verdict] == ["pass", "fail"]
