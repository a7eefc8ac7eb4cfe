"""The suites that are shipped, as files and as limits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from deri_gate.gate import judge

HERE = Path(__file__).parents[2] / "expectations"
SUITES = {"dataset_gate": 11, "data_only": 9}
NAMES = sorted(SUITES)


@pytest.fixture(params=NAMES)
def suite(request):
    return HERE / f"{request.param}.json"


def test_every_suite_is_tested():
    assert sorted(path.stem for path in HERE.glob("*.json")) == NAMES


def test_great_expectations_writes_back_what_it_read(gx, suite):
    """Byte for byte, so that editing a suite with GX changes only what was edited."""
    text = suite.read_text("utf-8")

    read = gx.ExpectationSuite(**json.loads(text))

    assert json.dumps(read.to_json_dict(), indent=2, sort_keys=True) + "\n" == text


def test_every_limit_has_an_id_a_severity_and_a_reason(suite):
    document = json.loads(suite.read_text("utf-8"))
    entries = document["expectations"]

    assert document["name"] == suite.stem
    assert len({entry["id"] for entry in entries}) == len(entries)
    assert all(entry["severity"] in {"critical", "warning"} for entry in entries)
    assert all(entry["meta"]["reason"].strip() for entry in entries)


def test_a_typical_dataset_passes(suite, rows):
    found = judge(rows(), suite)

    assert found.verdict == "pass"
    assert len(found.checks) == SUITES[suite.stem] + 3


@pytest.mark.parametrize(
    ("metric", "raw", "verdict"),
    [
        ("DERI1000", 699.99, "fail"),
        ("DERI1000", 700.0, "pass"),
        ("DERI1000", None, "unknown"),
        ("unreadable_share", 0.011, "fail"),
        ("unreadable_share", 0.01, "warn"),
        ("unreadable_share", 0.0001, "warn"),
        ("unreadable_share", None, "unknown"),
    ],
)
def test_the_scores_that_it_limits(suite, rows, metric, raw, verdict):
    table = [replace(row, raw=raw) if row.metric == metric else row for row in rows()]

    assert judge(table, suite).verdict == verdict


@pytest.mark.parametrize(
    ("subscore", "verdict"), [(0.99, "warn"), (1.0, "pass"), (None, "unknown")]
)
def test_the_subscores_that_it_limits(suite, rows, subscore, verdict):
    assert judge(rows(label_noise=subscore), suite).verdict == verdict


def test_only_the_full_suite_asks_for_explanations(rows):
    table = rows(xai_overlay=None, xai_stability=None)

    assert judge(table, HERE / "data_only.json").verdict == "pass"
    assert judge(table, HERE / "dataset_gate.json").verdict == "unknown"
