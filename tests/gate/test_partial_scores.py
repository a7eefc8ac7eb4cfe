"""Limits on a score that lacks metrics: what cannot be measured must not raise it unseen."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from deri_gate.gate import rows_of
from deri_gate.metrics.profile import STANDARD
from deri_gate.runtime.resources import shipped_suites
from deri_gate.schemas.metrics import NOT_ASKED
from deri_gate.scoring.pool import ProfileId, find_pool, pool_for, read_pool
from deri_gate.scoring.score import score_values
from tests.sweeps import sampled

WHY = "it takes two classes"
NAMED = {"type": "comparison", "column": {"name": "metric"}, "operator": "=="}


@pytest.fixture(scope="module")
def pool():
    return read_pool(find_pool("standard"))


@pytest.fixture
def rows_without(pool):
    """Rows of a pool's own dataset, whose values of some metrics were not measured."""

    def make(**reasons):
        values = dict(pool.datasets[0].metrics) | dict.fromkeys(reasons)
        return rows_of(values, score_values(values, pool), {}, reasons=reasons)

    return make


def on_score(minimum=500.0, metric="DERI1000", **meta):
    kwargs = {"metric": metric, "minimum": minimum}
    return {"type": "expect_value_to_be_at_least", "kwargs": kwargs, "meta": meta}


def built_in(minimum, metric="DERI1000"):
    kwargs = {
        "column": "raw", "min_value": minimum, "row_condition": NAMED | {"parameter": metric},
    }  # fmt: skip
    return {"type": "expect_column_values_to_be_between", "kwargs": kwargs}


@pytest.mark.parametrize("limit", [on_score(), on_score(1.0, "U"), built_in(500.0)])
def test_a_limit_on_the_score_alone_is_unknown(judged, rows_without, limit):
    """Else the number would rise where its worst metric cannot be measured, and pass."""
    check = judged(rows_without(separation=WHY), limit).checks[0]

    assert (check.status, "separation" in check.detail) == ("unknown", True)
    assert check.observed is None  # with a number, an edited file could say that it passed
    assert judged(rows_without(), limit).verdict == "pass"


def part(operator, parameter, column="metric"):
    named = {"column": {"name": column}, "operator": operator, "parameter": parameter}
    return {"type": "comparison", **named}


SEVERAL = {
    "in": part("IN", ["DERI1000", "U"]),
    "or": {"type": "or", "conditions": [part("==", "DERI1000"), part("==", "U")]},
    "and": {"type": "and", "conditions": [part("==", "DERI1000"), part("!=", "U")]},
    "all but": part("NOT_IN", ["separation", "imbalance"]),
    "beside a metric": part("IN", ["DERI1000", "resolution"]),
}
OF_ROWS = {
    "column_min_to_be_between": {"column": "raw", "min_value": -900},
    "column_max_to_be_between": {"column": "raw", "max_value": 99999},
    "column_mean_to_be_between": {"column": "raw", "min_value": -900},
    "column_values_to_be_between": {"column": "raw", "min_value": -900},
}


@pytest.mark.parametrize("kind", sampled(OF_ROWS, 0, 3))
@pytest.mark.parametrize("condition", sampled(SEVERAL.values(), 0, 3), ids=SEVERAL)
def test_so_is_one_over_several_rows_with_the_score_among_them(
    judged, rows_without, kind, condition
):
    kwargs = OF_ROWS[kind] | {"row_condition": condition}
    limit = {"type": f"expect_{kind}", "kwargs": kwargs}
    check = judged(rows_without(separation=WHY), limit).checks[0]

    assert (check.status, "without separation" in check.detail) == ("unknown", True)
    assert judged(rows_without(), limit).verdict == "pass"


@pytest.mark.parametrize("row", ["DERI1000", "resolution"])
def test_and_one_that_counts_rows_by_the_score(judged, rows_without, row):
    """A condition on values leaves out one row; a score that lacks a metric may be that row."""
    rest = [part("IN", ["DERI1000", "resolution"]), part("<" if row == "resolution" else ">", 500, "raw")]  # fmt: skip
    kwargs = {"value": 1, "row_condition": {"type": "and", "conditions": rest}}
    limit = {"type": "expect_table_row_count_to_equal", "kwargs": kwargs}

    assert judged(rows_without(separation=WHY), limit).verdict == "unknown"
    assert judged(rows_without(), limit).verdict == "pass"


def test_rows_without_the_score_are_judged(judged, rows_without):
    kwargs = {"column": "raw", "min_value": 0, "max_value": 99999}
    kwargs["row_condition"] = part("IN", ["resolution", "sharpness"])
    limit = {"type": "expect_column_max_to_be_between", "kwargs": kwargs}

    assert judged(rows_without(separation=WHY), limit).verdict == "pass"


NOT_LIMITS = {
    "another metric": {
        "type": "expect_column_max_to_be_between",
        "kwargs": {
            "column": "subscore", "max_value": 99.8,
            "row_condition": part("!=", "separation"),
        },
    },
    "its gap": {
        "type": "expect_column_values_to_be_null",
        "kwargs": {"column": "raw", "row_condition": part("==", "separation")},
    },
    "no gap": {
        "type": "expect_column_values_to_not_be_null",
        "kwargs": {"column": "raw", "row_condition": part("==", "separation")},
    },
}  # fmt: skip


@pytest.mark.parametrize("other", NOT_LIMITS.values(), ids=NOT_LIMITS)
def test_to_name_a_metric_is_not_to_limit_it(judged, rows_without, other):
    """Nor is it to ask that it has no value."""
    check = judged(rows_without(separation=WHY), on_score(), other).checks[0]

    assert (check.status, "without separation" in check.detail) == ("unknown", True)


def test_a_built_in_limit_on_the_metric_is_one(judged, rows_without):
    found = judged(rows_without(separation=WHY), on_score(), built_in(0.0, "separation"))

    assert [check.status for check in found.checks] == ["pass", "unknown"]


@pytest.mark.parametrize("limit", [on_score(1800.0), built_in(1800.0)])
def test_one_that_is_missed_fails_all_the_same(judged, rows_without, limit):
    assert judged(rows_without(separation=WHY), limit).verdict == "fail"


@pytest.mark.parametrize(("demanded", "status"), [(True, "unknown"), (False, "not_looked_at")])
def test_a_limit_of_its_own_says_what_becomes_of_the_metric(
    judged, floor, rows_without, demanded, status
):
    own = floor("separation", 1.0, meta={"demanded": demanded})
    found = judged(rows_without(separation=WHY), on_score(), own)

    assert [check.status for check in found.checks] == ["pass", status]


def test_each_metric_needs_one(judged, floor, rows_without):
    own = floor("separation", 1.0, meta={"demanded": False})
    found = judged(rows_without(separation=WHY, imbalance=WHY), on_score(), own).checks[0]

    assert (found.status, "imbalance" in found.detail) == ("unknown", True)
    assert "separation" not in found.detail


def test_a_metric_that_was_not_asked_for_is_the_callers_choice(judged, rows_without):
    """`--metrics data` gives DERI1000 of nine metrics, whatever the dataset is."""
    rows = rows_without(xai_overlay=NOT_ASKED, xai_stability=NOT_ASKED)

    assert judged(rows, on_score()).verdict == "pass"


def test_a_metric_without_weight_is_not_missed(pool):
    values = dict(pool.datasets[0].metrics) | {"separation": None, "imbalance": None}
    light = pool.model_copy(update={"weights": {**pool.weights, "separation": 0.0}})

    assert score_values(values, pool).unmeasured == ("separation", "imbalance")
    assert score_values(values, light).unmeasured == ("imbalance",)


@pytest.mark.parametrize("name", ["dataset_gate", "data_only"])
def test_shipped_suites_limit_every_metric_that_they_score(name, pool):
    """So a score of fewer metrics never changes their verdicts."""
    document = json.loads(shipped_suites()[name].read_text("utf-8"))
    limited = {entry["kwargs"].get("metric") for entry in document["expectations"]}
    left = {*pool.datasets[0].metrics} - limited

    assert left == (set() if name == "dataset_gate" else {"xai_overlay", "xai_stability"})


ON_DIFFERENCE = {
    "our own": {
        "type": "expect_difference_to_be_at_least",
        "kwargs": {"metric": "DERI1000", "minimum": -20.0},
    },
    "built in": {
        "type": "expect_column_values_to_be_between",
        "kwargs": {
            "column": "difference", "min_value": -20.0,
            "row_condition": NAMED | {"parameter": "DERI1000"},
        },
    },
    "several rows": {
        "type": "expect_column_min_to_be_between",
        "kwargs": {"column": "difference", "min_value": -20.0, "row_condition": SEVERAL["in"]},
    },
}  # fmt: skip


@pytest.mark.parametrize("limit", ON_DIFFERENCE.values(), ids=ON_DIFFERENCE)
def test_a_difference_of_scores_that_both_lack_a_metric_is_none(judged, rows_without, limit):
    """It is of the others: what became worse in the metric is not in it."""

    def compared(**reasons):
        rows = rows_without(**reasons)
        return [replace(r, difference=0.0) if r.metric in ("DERI1000", "U") else r for r in rows]

    check = judged(compared(separation=WHY), limit).checks[0]

    assert (check.status, "without separation" in check.detail) == ("unknown", True)
    assert judged(compared(), limit).verdict == "pass"


@pytest.fixture
def older_pool(pool, tmp_path):
    """The file of a pool that has been measured with another definition of one metric."""
    older = pool.profile.definitions | {"separation": "of another time"}
    profile = pool.profile.model_copy(update={"definitions": older})
    path = tmp_path / "pool.json"
    path.write_text(pool.model_copy(update={"profile": profile}).to_json(), "utf-8")
    return path


@pytest.mark.parametrize("limit", [on_score(), built_in(500.0)])
def test_nor_does_a_score_pass_whose_pool_defines_a_metric_otherwise(
    judged, pool, older_pool, limit
):
    """A new version may redefine the worst metric of a set, which then counts no more."""
    values = pool.datasets[0].metrics
    found = score_values(values, pool_for(older_pool, ProfileId.of(STANDARD)))
    check = judged(rows_of(values, found, {}), limit).checks[0]

    assert (found.title, found.unmeasured) == ("DERI1000 of 10 metrics", ("separation",))
    assert (check.status, "without separation" in check.detail) == ("unknown", True)


def test_a_metric_that_the_older_pool_does_not_weigh_is_not_missed(pool, older_pool):
    light = json.loads(older_pool.read_text("utf-8"))
    light["weights"]["separation"] = 0.0
    older_pool.write_text(json.dumps(light), "utf-8")
    found = score_values(pool.datasets[0].metrics, pool_for(older_pool, ProfileId.of(STANDARD)))

    assert found.unmeasured == ()


@pytest.fixture
def pool_of_twelve(pool, tmp_path):
    """The file of a pool that weighs a metric of a package which is not installed here."""
    document = json.loads(pool.to_json())
    document["weights"]["stains"] = 1.0
    document["profile"]["definitions"]["stains"] = "of a package"
    for member in document["datasets"]:
        member["metrics"]["stains"] = 0.5
    path = tmp_path / "pool.json"
    path.write_text(json.dumps(document), "utf-8")
    return path


@pytest.mark.parametrize("measured", [False, True], ids=["unknown to the values", "in the values"])
@pytest.mark.parametrize("limit", [on_score(), on_score(1.0, "U"), built_in(500.0)])
def test_nor_one_whose_pool_weighs_a_metric_that_is_not_installed(
    judged, pool, pool_of_twelve, limit, measured
):
    """Its number with the plugin is another one; this one was called DERI1000, and passed."""
    values = pool.datasets[0].metrics
    profile = ProfileId.of(STANDARD)
    if measured:  # as a metrics.json of another machine says
        known = profile.definitions | {"stains": "of a package"}
        profile = profile.model_copy(update={"definitions": known})
    found = score_values(values, pool_for(pool_of_twelve, profile))
    check = judged(rows_of(values, found, {}), limit).checks[0]

    assert (found.title, found.complete) == ("DERI1000 of 11 metrics", False)
    assert (check.status, "without stains" in check.detail) == ("unknown", True)


def test_a_metric_without_weight_needs_no_package(pool, pool_of_twelve):
    light = json.loads(pool_of_twelve.read_text("utf-8"))
    light["weights"]["stains"] = 0.0
    pool_of_twelve.write_text(json.dumps(light), "utf-8")
    found = score_values(pool.datasets[0].metrics, pool_for(pool_of_twelve, ProfileId.of(STANDARD)))

    assert (found.title, found.uninstalled) == ("DERI1000", ())
