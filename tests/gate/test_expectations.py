"""Our expectations in Great Expectations' own hands, without the rest of the gate."""

from __future__ import annotations

import importlib
import math
from pathlib import Path

import pytest

CASES = [
    ("ExpectSubscoreToBeAtLeast", {"minimum": 20}, "subscore of $metric at least $minimum"),
    ("ExpectValueToBeAtLeast", {"minimum": 20}, "$metric at least $minimum"),
    ("ExpectValueToBeAtMost", {"maximum": 30}, "$metric at most $maximum"),
    (
        "ExpectDifferenceToBeAtLeast",
        {"minimum": 20},
        "difference of $metric to the base at least $minimum",
    ),
    (
        "ExpectChangedImagesToFit",
        {"minimum": 0.5},
        "changed images fit in $metric (adjusted p at least $minimum)",
    ),
]


@pytest.fixture
def batch(gx):
    import pandas as pd

    table = pd.DataFrame(
        {
            "metric": ["kept", "missed", "gap", "twice", "twice"],
            "raw": [25.0, 0.0, math.nan, 25.0, 25.0],
            "subscore": [25.0, 0.0, math.nan, 25.0, 25.0],
            "difference": [25.0, 0.0, math.nan, 25.0, 25.0],
            "change": [25.0, 0.1, math.nan, 25.0, 25.0],
        }
    )
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("p").add_dataframe_asset("a")
    return asset.add_batch_definition_whole_dataframe("w").get_batch({"dataframe": table})


def expectation(name, **kwargs):
    from deri_gate.gate import expectations

    return getattr(expectations, name)(**kwargs)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    ("metric", "answer"),
    [("kept", (True, 25.0)), *((gap, (False, None)) for gap in ("gap", "absent", "twice"))],
)
def test_it_succeeds_on_one_number_that_keeps_the_limit(batch, case, metric, answer):
    name, limit, _ = case

    found = batch.validate(expectation(name, metric=metric, **limit))

    assert (found.success, found.result["observed_value"]) == answer


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        (CASES[0][0], {"minimum": 0.5}),
        (CASES[1][0], {"minimum": 1}),
        (CASES[2][0], {"maximum": -1}),
    ],
)
def test_a_limit_that_is_missed(batch, name, limit):
    assert not batch.validate(expectation(name, metric="missed", **limit)).success


def test_a_limit_may_be_a_parameter(batch):
    limit = expectation(CASES[2][0], metric="kept", maximum={"$PARAMETER": "top"})

    assert batch.validate(limit, expectation_parameters={"top": 25}).success
    assert not batch.validate(limit, expectation_parameters={"top": 24}).success


def test_the_table_is_read_once_however_many_limits_there_are(gx, batch, monkeypatch):
    """Three rows are one metric's alone; each limit on another metric had its own search."""
    from deri_gate.gate import expectations

    read = []
    monkeypatch.setattr(expectations, "_finite", lambda value: read.append(value) or float(value))
    limits = [expectation(CASES[1][0], metric=name, minimum=9) for name in ("kept", "missed")]
    found = batch.validate(gx.ExpectationSuite("own", expectations=limits))

    assert [result.success for result in found.results] == [True, False]
    assert len(read) == 3 * len(expectations.READ)


def test_limits_ask_one_question_and_each_table_answers_for_itself(gx, batch, monkeypatch):
    """To make the question anew for each limit took a third of the time of all answers."""
    from deri_gate.gate import expectations

    made, make = [], expectations.MetricConfiguration
    expectations._rows_wanted.cache_clear()
    monkeypatch.setattr(
        expectations, "MetricConfiguration", lambda **kw: made.append(kw) or make(**kw)
    )
    limits = [expectation(CASES[1][0], metric="kept", minimum=size) for size in (9, 10, 11)]
    found = []
    for factor in (1, 2, 0):
        table = batch.data.dataframe.assign(raw=lambda t, by=factor: t["raw"] * by)
        there = batch.data_asset.batch_definitions[0].get_batch({"dataframe": table})
        results = there.validate(gx.ExpectationSuite("own", expectations=limits)).results
        found.append({result.result["observed_value"] for result in results})

    assert found == [{25.0}, {50.0}, {0.0}]
    assert len(made) == 1


@pytest.mark.parametrize(("name", "limit", "wording"), CASES)
def test_metric_and_limit_are_required(gx, name, limit, wording):
    for kwargs in ({"metric": "kept"}, limit, {"metric": "", **limit}):
        with pytest.raises(ValueError, match="validation error"):
            expectation(name, **kwargs)


@pytest.mark.parametrize("value", [math.nan, math.inf, "5", True, [5]])
@pytest.mark.parametrize(("name", "limit", "wording"), CASES)
def test_a_limit_is_a_finite_number(gx, name, limit, wording, value):
    with pytest.raises(ValueError, match=r"must be a (finite )?number"):
        expectation(name, metric="kept", **dict.fromkeys(limit, value))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("metric", "shown"), [("kept", "25"), ("gap", "not measured")])
def test_data_docs_say_the_limit_and_what_was_found(batch, case, metric, shown):
    from great_expectations.render.renderer import (
        ExpectationSuitePageRenderer,
        ValidationResultsPageRenderer,
    )

    name, limit, wording = case
    suite = _suite_of(expectation(name, metric=metric, **limit))
    found = batch.validate(suite)
    pages = [
        str(ExpectationSuitePageRenderer().render(suite).to_json_dict()),
        str(ValidationResultsPageRenderer().render(found).to_json_dict()),
    ]
    found.results[0].render()

    assert all(wording in page and metric in page for page in pages)
    assert shown in pages[1]
    (said,) = found.results[0].expectation_config.rendered_content
    assert said.value.template == wording
    assert shown in str(found.results[0].rendered_content[0].to_json_dict())


def _suite_of(one):
    import great_expectations as gx

    return gx.ExpectationSuite(name="s", expectations=[one])


def test_an_expectation_is_known_wherever_one_is_named(gx):
    """A class alone would be refused by the gate, unknown to users, and untried here."""
    from deri_gate.gate.expectations import READ, ScoreExpectation
    from deri_gate.gate.limit_kinds import LIMIT_KINDS
    from deri_gate.reports.lines import COLUMN_WORDS

    ours = {kind.expectation_type: kind for kind in ScoreExpectation.__subclasses__()}
    public = importlib.import_module("deri_gate.expectations")
    page = (Path(__file__).parents[2] / "README.md").read_text("utf-8")

    assert {kind: each.kind for kind, each in ours.items()} == LIMIT_KINDS
    read = {kind.reads for kind in LIMIT_KINDS.values()}
    assert read <= set(READ) & COLUMN_WORDS.keys()
    assert {name for name in public.__all__ if name.startswith("Expect")} == {
        each.__name__ for each in ours.values()
    }
    assert {name for name, *_ in CASES} == {each.__name__ for each in ours.values()}
    assert [kind for kind in ours if f"`{kind}`" not in page] == []


@pytest.mark.parametrize("asked", [None, {"result_format": "COMPLETE"}, {"catch_exceptions": True}])
@pytest.mark.parametrize("batch_id", [None, "a-b"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_what_ours_depend_on_is_what_great_expectations_finds(gx, asked, batch_id, case):
    """It is said at once, for the general way takes half of the time of a judgement."""
    from great_expectations.expectations.expectation import BatchExpectation

    one = expectation(case[0], metric="sharpness", batch_id=batch_id, **case[1])
    ours = one.get_validation_dependencies(runtime_configuration=asked)
    theirs = BatchExpectation.get_validation_dependencies(one, runtime_configuration=asked)

    assert ours.result_format == theirs.result_format
    assert {n: m.id for n, m in ours.metric_configurations.items()} == {
        n: m.id for n, m in theirs.metric_configurations.items()
    }
