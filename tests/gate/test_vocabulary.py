"""Great Expectations' own files say the same of its expectations as its code."""

from __future__ import annotations

import pytest

from deri_gate.errors import SettingError
from deri_gate.gate import vocabulary
from deri_gate.gate.suite import check_suite
from deri_gate.gate.vocabulary import arguments_of, expectation_types, registered_arguments

WITHOUT_SCHEMA = {
    "expect_column_values_to_be_dateutil_parseable",
    "expect_column_values_to_be_decreasing",
    "expect_column_values_to_be_increasing",
    "expect_column_values_to_be_json_parseable",
    "expect_column_values_to_match_json_schema",
}  # of which only the code can say


@pytest.fixture
def unloaded(monkeypatch):
    """As where Great Expectations is not loaded."""
    monkeypatch.setattr(vocabulary, "REGISTRY", "nowhere")


def test_files_and_code_name_the_same_expectations(gx, unloaded):
    """A name that only one of them knew would be refused, or taken, by turns."""
    from great_expectations.expectations import registry

    assert expectation_types() == {*registry.list_registered_expectation_implementations()}


def test_files_and_code_name_the_same_arguments(gx, unloaded):
    """In one order, too: the first that is missing is named."""
    from great_expectations.expectations.registry import get_expectation_impl

    types = expectation_types()
    said = {kind: arguments_of(kind) for kind in types}

    assert len(types) > 60
    assert {kind for kind in types if said[kind] is None} == WITHOUT_SCHEMA
    for kind in types - WITHOUT_SCHEMA:
        coded = registered_arguments(get_expectation_impl(kind))
        assert {*said[kind].names} == {*coded.names}, kind
        assert said[kind].required == coded.required, kind


def test_an_expectation_of_somebody_else_is_known_once_it_is_registered(gx):
    """Whoever loads Great Expectations may have added some."""
    from great_expectations.expectations import registry

    class ExpectColumnMaxToBePrime(gx.expectations.ExpectColumnMaxToBeBetween):
        """One that is not in its files."""

    kind = "expect_column_max_to_be_prime"
    try:
        assert kind in expectation_types()
        assert arguments_of(kind) is None
    finally:
        del registry._registered_expectations[kind]


@pytest.mark.parametrize("index", ["nowhere.json", "ExpectColumnToExist.json"])
def test_without_the_files_the_code_is_asked(gx, monkeypatch, unloaded, write, index):
    """Another version may have none, or others."""
    monkeypatch.setattr(vocabulary, "INDEX", index)

    assert expectation_types() is None
    assert arguments_of("expect_column_to_exist") is None
    for entry, word in (
        ({"type": "expect_x", "kwargs": {}}, "there is no expectation 'expect_x'"),
        ({"type": "expect_column_max_to_be_between", "kwargs": {"column": "raw", "min_valu": 1}},
         "'min_valu' is not a setting here"),
        ({"type": "expect_column_values_to_be_decreasing", "kwargs": {"column": "metric", "x": 1}},
         "'x' is not a setting here"),
    ):  # fmt: skip
        with pytest.raises(SettingError, match=word):
            check_suite(write({"type": "expect_column_max_to_be_between",
                               "kwargs": {"column": "raw", "max_value": 5}}, entry), ["sharpness"])  # fmt: skip
