"""A limit that nothing can miss is no limit: it is refused, with a word that says why."""

from __future__ import annotations

import json
import re
from itertools import product

import pytest

from deri_gate.errors import SettingError
from deri_gate.gate.misses import check_can_be_missed, judges_values
from deri_gate.gate.suite import check_suite
from deri_gate.measuring.shares import SHARES

ONE = {
    "type": "comparison",
    "column": {"name": "metric"},
    "operator": "==",
    "parameter": "exposure",
}
AT_LEAST, AT_MOST = "expect_value_to_be_at_least", "expect_value_to_be_at_most"
SUBSCORE, BETWEEN = "expect_subscore_to_be_at_least", "expect_column_values_to_be_between"

GOOD = {"type": "comparison", "column": {"name": "subscore"}, "operator": ">", "parameter": 50}
USELESS = [
    (AT_LEAST, {"metric": "sharpness", "minimum": 0}),
    (AT_LEAST, {"metric": "sharpness", "minimum": -3.5}),
    (AT_LEAST, {"metric": "resolution", "minimum": 1.0}),
    (AT_LEAST, {"metric": "U", "minimum": 0.0}),
    (AT_LEAST, {"metric": "worst_class.sharpness", "minimum": 0}),
    (AT_MOST, {"metric": "exposure", "maximum": 1}),
    (AT_MOST, {"metric": "exposure", "maximum": 1e9}),
    (AT_MOST, {"metric": "leaked_groups", "maximum": 1.0}),
    (AT_MOST, {"metric": "unreadable_share", "maximum": 2}),
    (AT_MOST, {"metric": "worst_group.exposure", "maximum": 1}),
    (AT_LEAST, {"metric": "mask_rank_accuracy", "minimum": 0}),
    (AT_LEAST, {"metric": "ambiguous_names", "minimum": 0}),
    (SUBSCORE, {"metric": "sharpness", "minimum": 0}),
    ("expect_difference_to_be_at_least", {"metric": "sharpness", "minimum": -100}),
    (BETWEEN, {"column": "subscore", "min_value": 99, "mostly": 0}),
    (BETWEEN, {"column": "subscore", "min_value": 99, "mostly": -1}),
    (BETWEEN, {"column": "subscore", "min_value": 0}),
    (BETWEEN, {"column": "subscore", "min_value": 0, "strict_min": True}),
    (BETWEEN, {"column": "subscore", "max_value": 100}),
    (BETWEEN, {"column": "subscore", "min_value": 0, "max_value": 100}),
    (BETWEEN, {"column": "raw", "max_value": 1, "row_condition": ONE}),
    ("expect_column_min_to_be_between", {"column": "subscore", "min_value": -1}),
    ("expect_column_mean_to_be_between", {"column": "weight", "max_value": 1}),
    ("expect_column_stdev_to_be_between", {"column": "raw", "min_value": 0}),
    ("expect_column_proportion_of_non_null_values_to_be_between", {"column": "raw", "min_value": 0}),
    ("expect_column_values_to_not_be_in_set", {"column": "raw", "value_set": []}),
    ("expect_column_values_to_not_be_in_set", {"column": "subscore", "value_set": [12345]}),
    (AT_LEAST, {"metric": "DERI1000", "minimum": -1e9}),
    (AT_MOST, {"metric": "DERI1000", "maximum": 1e9}),
    (AT_MOST, {"metric": "sharpness", "maximum": 1e9}),
    (AT_MOST, {"metric": "ambiguous_names", "maximum": 1e9}),
    (AT_MOST, {"metric": "drift.ongoing", "maximum": 1e9}),
    (SUBSCORE, {"metric": "sharpness", "minimum": 0.134}),
    (SUBSCORE, {"metric": "worst_class.sharpness", "minimum": 0.1}),
    ("expect_difference_to_be_at_least", {"metric": "DERI1000", "minimum": -1e9}),
    (BETWEEN, {"column": "raw", "max_value": 1e9}),
    (BETWEEN, {"column": "raw", "min_value": -1e9, "max_value": 1e9}),
    (BETWEEN, {"column": "difference", "min_value": -1e9}),
    (BETWEEN, {"column": "weight", "min_value": 0.01}),
    ("expect_column_values_to_not_be_null", {"column": "weight"}),
    (BETWEEN, {"column": "subscore", "min_value": 50, "mostly": 0.01}),
    (BETWEEN, {"column": "subscore", "min_value": 50, "mostly": 0.49}),
    ("expect_column_values_to_not_be_null", {"column": "raw", "mostly": 0.01}),
    ("expect_column_stdev_to_be_between", {"column": "raw", "max_value": 1e9}),
    ("expect_column_value_z_scores_to_be_less_than",
     {"column": "raw", "threshold": 1e9, "double_sided": True}),
    ("expect_column_quantile_values_to_be_between",
     {"column": "raw", "quantile_ranges": {"quantiles": [0.5], "value_ranges": [[None, 1e9]]}}),
    ("expect_column_quantile_values_to_be_between",
     {"column": "raw", "quantile_ranges": {"quantiles": [0.5], "value_ranges": [[None, None]]}}),
    ("expect_column_quantile_values_to_be_between",
     {"column": "raw", "quantile_ranges": {"quantiles": [], "value_ranges": []}}),
    ("expect_column_distinct_values_to_contain_set", {"column": "raw", "value_set": []}),
    ("expect_column_values_to_match_regex", {"column": "raw", "regex": "[0-9]"}),
    ("expect_column_values_to_not_match_regex_list", {"column": "subscore", "regex_list": ["x"]}),
    ("expect_column_values_to_be_json_parseable", {"column": "raw"}),
    ("expect_column_values_to_match_json_schema", {"column": "raw", "json_schema": {}}),
    ("expect_column_value_lengths_to_be_between", {"column": "raw", "max_value": 40}),
    ("expect_column_values_to_be_increasing", {"column": "raw", "row_condition": ONE}),
    ("expect_column_values_to_be_decreasing", {"column": "change"}),
    ("expect_column_pair_values_to_be_equal", {"column_A": "raw", "column_B": "raw"}),
    ("expect_column_pair_values_a_to_be_greater_than_b",
     {"column_A": "raw", "column_B": "raw", "or_equal": True}),
    ("expect_multicolumn_values_to_be_equal", {"column_list": ["subscore"]}),
    ("expect_compound_columns_to_be_unique", {"column_list": ["raw", "metric"]}),
    ("expect_column_values_to_be_unique", {"column": "metric", "row_condition": GOOD}),
    ("expect_select_column_values_to_be_unique_within_record", {"column_list": ["raw", "metric"]}),
]  # fmt: skip
USEFUL = [
    (AT_LEAST, {"metric": "sharpness", "minimum": 0.1}),
    (AT_LEAST, {"metric": "DERI1000", "minimum": -5}),
    (AT_MOST, {"metric": "exposure", "maximum": 0.99}),
    (AT_MOST, {"metric": "leaked_groups", "maximum": 0}),
    (AT_MOST, {"metric": "ambiguous_names", "maximum": 7}),
    (SUBSCORE, {"metric": "sharpness", "minimum": 0.5}),
    (BETWEEN, {"column": "subscore", "min_value": 0, "max_value": 95}),
    (BETWEEN, {"column": "change", "min_value": 0, "strict_min": True}),
    (BETWEEN, {"column": "raw", "max_value": 1}),
    ("expect_column_sum_to_be_between", {"column": "raw", "min_value": 0}),
    ("expect_column_values_to_not_be_null", {"column": "raw"}),
    (SUBSCORE, {"metric": "sharpness", "minimum": 0.14}),
    (AT_MOST, {"metric": "sharpness", "maximum": 20000}),
    (BETWEEN, {"column": "subscore", "min_value": 50, "mostly": 0.9}),
    ("expect_column_value_z_scores_to_be_less_than",
     {"column": "raw", "threshold": 3, "double_sided": True}),
    ("expect_column_quantile_values_to_be_between",
     {"column": "subscore",
      "quantile_ranges": {"quantiles": [0.1, 0.5], "value_ranges": [[0, None], [40, None]]}}),
    ("expect_column_pair_values_a_to_be_greater_than_b",
     {"column_A": "subscore", "column_B": "difference"}),
    ("expect_compound_columns_to_be_unique", {"column_list": ["raw", "subscore"]}),
    ("expect_select_column_values_to_be_unique_within_record",
     {"column_list": ["raw", "subscore", "metric"]}),
    ("expect_column_values_to_be_in_set",
     {"column": "metric", "value_set": ["exposure"], "row_condition": GOOD}),
]  # fmt: skip


def named(kwargs):
    given = [kwargs["metric"]] if "metric" in kwargs else []
    return given or ([ONE["parameter"]] if "row_condition" in kwargs else [])


@pytest.mark.parametrize("ranges", [[[1]], [20, 30], None, {"low": 1}, [[1, 2, 3]]])
def test_bounds_of_quantiles_that_are_no_pairs_are_an_error(tmp_path, ranges):
    """Great Expectations takes any form, and looks at it when it judges."""
    quantiles = {"quantiles": [0.5], "value_ranges": ranges}
    entry = {
        "type": "expect_column_quantile_values_to_be_between",
        "kwargs": {"column": "raw", "quantile_ranges": quantiles},
    }
    path = tmp_path / "suite.json"
    path.write_text(json.dumps({"name": "mine", "expectations": [entry]}))

    with pytest.raises(SettingError, match="value_ranges are no list of pairs"):
        check_suite(path, ["sharpness"])


@pytest.mark.parametrize("bound", ["1e9", "5", True])
def test_bounds_are_numbers(bound):
    """As text, a bound was held against no range."""
    kwargs = {"column": "raw", "max_value": bound}
    with pytest.raises(SettingError, match="must be a number"):
        check_can_be_missed(BETWEEN, kwargs, [], "suite.json, expectation 1")


def refusal(kind, kwargs):
    """The error by which such a limit is refused; None where it is taken."""
    try:
        check_can_be_missed(kind, kwargs, named(kwargs), "suite.json, expectation 1")
    except SettingError as error:
        return error
    return None


def test_what_nothing_can_miss_is_refused():
    for kind, kwargs in USELESS:
        error = refusal(kind, kwargs)
        assert error is not None, (kind, kwargs)
        said = re.search(r"(nothing|hardly anything|no dataset) can miss it", str(error))
        assert said, (kind, kwargs, error)
        assert error.fix, (kind, kwargs, error)


def test_what_a_dataset_can_miss_is_taken():
    told = [(*one, error) for one in USEFUL if (error := refusal(*one))]
    assert told == []


@pytest.mark.parametrize("kind", [BETWEEN, "expect_column_min_to_be_between"])
@pytest.mark.parametrize(
    ("column", "by"),
    [*product(("raw", "subscore", "difference", "change"), ("raw", "subscore", "difference")),
     ("difference", "change"), ("change", "change")],
)  # fmt: skip
def test_rows_are_not_chosen_by_what_is_judged(kind, column, by):
    """`subscore at least 1, of the rows above 50` passed, whatever the others had.

    So did `difference at least -5` of these rows: one that fell from 60 to 10 is none of them.
    Those below 50 are without the metrics that were not measured, which would be unknown.
    """
    good = {"type": "comparison", "column": {"name": by}, "operator": ">", "parameter": 50}
    both = {"type": "and", "conditions": [ONE, good]}
    for condition in (good, both, good | {"operator": "<"}):
        with pytest.raises(SettingError, match=f"chooses rows by {by}, which (it judges|goes)"):
            check_can_be_missed(
                kind, {"column": column, "min_value": 1, "row_condition": condition}, [], "here"
            )


@pytest.mark.parametrize(
    ("kind", "columns"),
    [("expect_column_pair_values_a_to_be_greater_than_b",
      {"column_A": "subscore", "column_B": "weight"}),
     ("expect_column_pair_values_to_be_equal", {"column_A": "weight", "column_B": "raw"}),
     ("expect_compound_columns_to_be_unique", {"column_list": ["raw", "subscore"]})],
)  # fmt: skip
def test_rows_are_not_chosen_by_one_of_several_that_are_judged(kind, columns):
    with pytest.raises(SettingError, match=r"chooses rows by subscore, which (it judges|goes)"):
        check_can_be_missed(kind, {**columns, "row_condition": GOOD}, [], "here")


def test_bounds_that_contradict_are_refused():
    with pytest.raises(SettingError, match="at least 90 and at most 10") as caught:
        check_can_be_missed(BETWEEN, {"column": "raw", "min_value": 90, "max_value": 10}, [], "x")

    assert caught.value.fix == "Exchange the two, or leave one out."


@pytest.mark.parametrize("name", [name for name in SHARES if name != "ambiguous_names"])
def test_every_share_has_its_range(name):
    with pytest.raises(SettingError, match="never outside 0 to 1"):
        check_can_be_missed(AT_MOST, {"metric": name, "maximum": 1}, [name], "here")


ABOUT_OURSELVES = [
    ("expect_column_to_exist", {"column": "raw"}),
    ("expect_column_type_to_be", {"column": "raw", "type_": "float64"}),
    ("expect_table_row_count_to_be_between", {"min_value": 1}),
    ("expect_table_column_count_to_equal", {"value": 6}),
    ("expect_column_values_to_match_regex", {"column": "metric", "regex": ".*"}),
    ("expect_column_values_to_not_be_null", {"column": "metric"}),
    ("expect_column_values_to_be_of_type", {"column": "raw", "type_": "float64"}),
]


@pytest.mark.parametrize(("kind", "kwargs"), ABOUT_OURSELVES)
def test_a_suite_about_our_own_table_alone_is_refused(tmp_path, kind, kwargs):
    """Its answer is the same for every dataset; beside a limit it does no harm."""
    entries = [{"type": kind, "kwargs": kwargs}]
    path = tmp_path / "suite.json"
    path.write_text(json.dumps({"name": "s", "expectations": entries}))

    assert not judges_values(kind, kwargs)
    with pytest.raises(SettingError, match="judges the table alone"):
        check_suite(path, ["exposure"])

    entries.append({"type": AT_MOST, "kwargs": {"metric": "exposure", "maximum": 0.5}})
    path.write_text(json.dumps({"name": "s", "expectations": entries}))
    check_suite(path, ["exposure"])


def test_a_parameter_cannot_refer_to_itself(tmp_path):
    path = tmp_path / "suite.json"
    limit = {"type": AT_MOST, "kwargs": {"metric": "exposure", "maximum": {"$PARAMETER": "x"}}}
    for value in ({"$PARAMETER": "x"}, [{"$PARAMETER": "y"}], {"a": {"$PARAMETER": "x"}}):
        document = {"name": "s", "expectations": [limit], "suite_parameters": {"x": value, "y": 1}}
        path.write_text(json.dumps(document))
        with pytest.raises(SettingError, match="refers to a parameter"):
            check_suite(path, ["exposure"])


@pytest.mark.parametrize(
    "until", ["20991231", "2099-W01-1", "2099-12-31T00:00", "2099-1-1", " 2099-01-01"]
)
def test_a_waiver_ends_on_a_day_in_one_form(tmp_path, until):
    path = tmp_path / "suite.json"
    limit = {
        "type": AT_MOST, "kwargs": {"metric": "exposure", "maximum": 0.5},
        "meta": {"waiver": {"reason": "Known.", "until": until}},
    }  # fmt: skip
    path.write_text(json.dumps({"name": "s", "expectations": [limit]}))

    with pytest.raises(SettingError, match="no day on which it ends"):
        check_suite(path, ["exposure"])
