"""A suite that would not be judged as meant is refused: what, where, and what to do."""

from __future__ import annotations

import json

import pytest

from deri_gate.errors import SettingError
from deri_gate.gate import judge

FLOOR = {
    "type": "expect_subscore_to_be_at_least",
    "kwargs": {"metric": "sharpness", "minimum": 5},
}
BETWEEN = {
    "type": "expect_column_values_to_be_between",
    "kwargs": {"column": "subscore", "min_value": 5},
}


def with_kwargs(base, **kwargs):
    merged = {**base["kwargs"], **kwargs}
    return {**base, "kwargs": {key: value for key, value in merged.items() if value is not ...}}


def where(column="metric", parameter="sharpness", **more):
    return {
        "type": "comparison",
        "column": {"name": column},
        "operator": "==",
        "parameter": parameter,
        **more,
    }


def refusal(suite, rows):
    with pytest.raises(SettingError) as caught:
        judge(rows, suite)
    assert caught.value.where.startswith(str(suite))
    assert caught.value.fix
    return caught.value


@pytest.mark.parametrize(
    ("expectation", "what", "fix"),
    [
        (5, "is not an expectation", "object"),
        ({"kwargs": {}}, "has no type", "type"),
        ({**FLOOR, "type": "expect_subscore_to_be_at_last"},
         "no expectation 'expect_subscore_to_be_at_last'", "'expect_subscore_to_be_at_least'?"),
        ({"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": "SELECT 1"}},
         "no database", "columns metric, raw, subscore and weight"),
        ({**FLOOR, "kwargs": [1]}, "'kwargs' holds a list", "object"),
        ({**FLOOR, "severty": "warning"}, "'severty' is not a setting", "'severity'?"),
        ({**FLOOR, "severity": "sever"}, "no severity 'sever'", "critical"),
        ({**FLOOR, "severity": "info"}, "no severity 'info'", "critical"),
        ({**FLOOR, "severity": None}, "no severity None", "critical"),
        ({**FLOOR, "meta": {"reason": 5}}, "'reason' holds a number", "string"),
        ({**FLOOR, "meta": "why"}, "'meta' holds a string", "object"),
        (with_kwargs(FLOOR, metric="sharpnes"), "no metric 'sharpnes'", "'sharpness'?"),
        (with_kwargs(FLOOR, metric="zzz"), "no metric 'zzz'", "There are DERI1000, "),
        (with_kwargs(FLOOR, metric=5), "no metric 5", "There are "),
        (with_kwargs(FLOOR, metric=...), "argument 'metric' is missing", "Add 'metric'"),
        (with_kwargs(FLOOR, minimum=...), "argument 'minimum' is missing", "Add 'minimum'"),
        (with_kwargs(FLOOR, minimun=5), "'minimun' is not a setting", "'minimum'?"),
        (with_kwargs(FLOOR, severity="warning"), "'severity' is not a setting", "There are "),
        (with_kwargs(FLOOR, minimum="5"), "minimum: must be a number, not '5'", "Correct"),
        (with_kwargs(FLOOR, minimum=True), "minimum: must be a number, not True", "Correct"),
        (with_kwargs(FLOOR, minimum=None), "minimum: must be a number, not None", "Correct"),
        (with_kwargs(FLOOR, minimum=100.5), "minimum: must be within 0 to 100", "Correct"),
        (with_kwargs(FLOOR, minimum=-1), "minimum: must be within 0 to 100", "Correct"),
        (with_kwargs(FLOOR, minimum={"$PARAMETER": "low"}), "parameter 'low' has no value",
         "suite_parameters"),
        (with_kwargs(BETWEEN, column="subscor"), "no column 'subscor'", "'subscore'?"),
        (with_kwargs(BETWEEN, column=7), "no column 7", "There are "),
        (with_kwargs(BETWEEN, min_value=None), "has no limit", "min_value"),
        (with_kwargs(BETWEEN, mostly=2), "mostly: ", "Correct"),
        (with_kwargs(BETWEEN, row_condition=where(parameter="exposur")),
         "no metric 'exposur'", "'exposure'?"),
        (with_kwargs(BETWEEN, row_condition={"type": "and", "conditions": [where("metrik")]}),
         "no column 'metrik'", "'metric'?"),
        (with_kwargs(BETWEEN, row_condition=where(operator="~")), "value is not a valid", "Correct"),
        (with_kwargs(BETWEEN, row_condition='col("metric") == "sharpness"'), "is text", "comparison"),
        (with_kwargs(BETWEEN, row_condition={"type": "pass_through", "pass_through_filter": "x"}),
         "is text", "comparison"),
        (with_kwargs(BETWEEN, condition_parser="pandas"), "is text", "comparison"),
    ],
)  # fmt: skip
def test_an_expectation_that_is_not_one(write, rows, expectation, what, fix):
    """Beside a good one, to show that the message finds the bad one."""
    suite = write({**FLOOR, "kwargs": {"metric": "exposure", "minimum": 1}}, expectation)

    error = refusal(suite, rows())

    assert what in error.what
    assert fix in error.fix
    assert "expectation 2" in error.where or "parameter" in what


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        ("", "is not a suite in JSON", "Correct"),
        ("{", "is not a suite in JSON", "Correct"),
        ("[" * 100_000, "is not a suite in JSON", "Correct"),
        ("[]", "holds a list, not a suite", "object"),
        ("3", "holds a number, not a suite", "object"),
        ("{}", "has no name", "name"),
        ('{"name": "s"}', "declares no expectations", "empty suite"),
        ('{"name": "s", "expectations": []}', "declares no expectations", "empty suite"),
        ('{"name": "s", "expectations": {}}', "'expectations' holds a object", "list"),
        ('{"name": " ", "expectations": [1]}', "has no name", "name"),
        ('{"name": "s", "expectation": []}', "'expectation' is not", "'expectations'?"),
        ('{"name": "s", "name": "t"}', "the key 'name' occurs twice", "Correct"),
        ('{"name": "s", "expectations": [NaN]}', "NaN is not a finite number", "Correct"),
        ('{"name": "s", "expectations": [-Infinity]}', "not a finite number", "Correct"),
        ('{"name": "s", "expectations": [1e999]}', "1e999 is not a finite", "Correct"),
        ('{"name": "s", "expectations": [' + "9" * 400 + "]}", "too large a number", "Correct"),
    ],
)
def test_a_file_that_is_not_a_suite(tmp_path, rows, text, what, fix):
    suite = tmp_path / "suite.json"
    suite.write_text(text)

    error = refusal(suite, rows())

    assert what in error.what
    assert fix in error.fix


def test_a_file_that_is_not_text(tmp_path, rows):
    suite = tmp_path / "suite.json"
    suite.write_bytes(b"\xff\xfe{}")

    assert "not UTF-8" in refusal(suite, rows()).what


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_a_file_that_is_not_there(tmp_path, rows, name):
    error = refusal(tmp_path / name, rows())

    assert "cannot be read" in error.what
    assert "dataset_gate.json" in error.fix


@pytest.mark.parametrize(
    "keys",
    [
        {"meta": {"great_expectations_version": "2.0.1"}},
        {"meta": {"great_expectations.__version__": "0.18.12"}},
        {"expectation_suite_name": "old"},
    ],
)
def test_a_suite_of_another_major_version(write, rows, keys):
    error = refusal(write(FLOOR, **keys), rows())

    assert "was written by Great Expectations" in error.what
    assert "format of Great Expectations 1" in error.fix


@pytest.mark.parametrize(
    "second",
    [
        FLOOR,
        {**FLOOR, "id": "another", "meta": {"reason": "another"}},
        {**FLOOR, "severity": "warning"},  # which of the two would hold?
        with_kwargs(FLOOR, minimum=5.0),
    ],
)
def test_the_same_check_twice(write, rows, second):
    error = refusal(write(FLOOR, BETWEEN, second), rows())

    assert "expectations 1 and 3 are the same check" in error.what
    assert "subscore of sharpness at least 5" in error.what


def test_two_checks_of_one_name(write, rows):
    first, second = ({**BETWEEN, "description": "values"}, with_kwargs(BETWEEN, min_value=6))

    error = refusal(write(first, {**second, "description": "values"}), rows())

    assert "same check, 'values'" in error.what


def test_one_check_of_two_names(write, rows):
    first, second = ({**BETWEEN, "description": name} for name in ("values", "more values"))

    assert "same check, 'more values'" in refusal(write(first, second), rows()).what


def test_an_expectation_that_great_expectations_drops(gx, write, rows, monkeypatch):
    """Whatever our own checks let through, the numbers must agree."""

    class Dropping(gx.ExpectationSuite):
        def __init__(self, name, expectations):
            super().__init__(name=name, expectations=expectations[1:])

    monkeypatch.setattr("great_expectations.ExpectationSuite", Dropping)

    error = refusal(write(FLOOR, BETWEEN), rows())

    assert "declares 2 expectations; only 1 load" in error.what


def test_an_expectation_that_is_not_evaluated_is_a_bug(gx, write, rows, monkeypatch):
    from great_expectations.datasource.fluent.interfaces import Batch

    def evaluate_all_but_one(batch, suite, **kwargs):
        result = validate(batch, suite, **kwargs)
        result.results.pop()
        return result

    validate = Batch.validate
    monkeypatch.setattr(Batch, "validate", evaluate_all_but_one)

    with pytest.raises(RuntimeError, match="2 expectations gave 1 result"):
        judge(rows(), write(FLOOR, BETWEEN))


def test_the_message_is_one_line(tmp_path, rows):
    suite = tmp_path / "a\nb.json"
    suite.write_text(json.dumps({"name": "s", "expectations": [{**FLOOR, "severity": "x\ny"}]}))

    with pytest.raises(SettingError) as caught:
        judge(rows(), suite)

    assert "\n" not in str(caught.value)
