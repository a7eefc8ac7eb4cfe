"""The suites that are shipped, as files and as limits."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

import pytest

from deri_gate.gate import Row, judge
from deri_gate.measuring.quality_gap import GAP_ROWS
from deri_gate.metrics.catalogue import METRICS
from deri_gate.scoring.pool import find_pool, read_pool
from deri_gate.scoring.score import score_values

HERE = Path(__file__).parents[2] / "expectations"
SUITES = {"dataset_gate": 11, "data_only": 9}
NAMES = sorted(SUITES)
SCORES = (
    "DERI1000", "unreadable_share", "unusable_masks", "unjudged_share", "ignored_share", "exact_copies", "conflicting_copies",
    "contradictions", "likely_contradictions", "ambiguous_names", "missing_labels", "private_share", "narrow_share",
    "traced_share", "constant_share", "uniform_share", "faint_share", "hollow_share", "grainy_share", "divided_share", "template_share", "denied_share", "denied_elsewhere", "scarcity", "shortcut", "confounding", "class_by_look", "class_by_file", "class_by_metadata", "split_by_metadata", "split_by_look", "leaked_images", "leaked_copies", "leaked_groups",
    "leaked_patients",
)  # fmt: skip
WITH_A_BASE, OF_A_BATCH = "pull_request", "drift"


@pytest.fixture(params=NAMES)
def suite(request):
    return HERE / f"{request.param}.json"


@pytest.fixture(params=[*NAMES, WITH_A_BASE])
def any_suite(request):
    return HERE / f"{request.param}.json"


def test_every_suite_is_tested():
    assert sorted(path.stem for path in HERE.glob("*.json")) == sorted(
        [*NAMES, WITH_A_BASE, OF_A_BATCH]
    )


def test_great_expectations_writes_back_what_it_read(gx, any_suite):
    """Byte for byte, so that editing a suite with GX changes only what was edited."""
    text = any_suite.read_text("utf-8")

    read = gx.ExpectationSuite(**json.loads(text))

    assert json.dumps(read.to_json_dict(), indent=2, sort_keys=True) + "\n" == text


def test_every_limit_has_an_id_a_severity_and_a_reason(any_suite):
    document = json.loads(any_suite.read_text("utf-8"))
    entries = document["expectations"]

    assert document["name"] == any_suite.stem
    assert len({entry["id"] for entry in entries}) == len(entries)
    assert all(entry["severity"] in {"critical", "warning"} for entry in entries)
    assert all(entry["meta"]["reason"].strip() for entry in entries)


@pytest.fixture(scope="module")
def typical():
    """Rows of the reference pool's median dataset, with other values where asked for."""
    pool = read_pool(find_pool("standard"))
    medians = {
        m.name: statistics.median(d.metrics[m.name] for d in pool.datasets)
        for m in METRICS
        if m.published_weight  # the pool need not know any other
    }

    def build(**raw):
        scores = {"U": 50.0, "DERI1000": 1000.0} | dict.fromkeys(SCORES[1:], 0.0)
        values = medians | scores | raw
        worth = score_values({m: values[m] for m in medians}, pool).subscores
        return [Row(metric=k, raw=v, subscore=worth.get(k), weight=None) for k, v in values.items()]

    return build


def test_a_typical_dataset_passes(suite, typical):
    found = judge(typical(), suite)

    assert found.verdict == "pass"
    limited = {check.metric for check in found.checks}
    assert len(limited - set(SCORES)) == SUITES[suite.stem]
    assert set(SCORES) <= limited


def test_every_metric_has_a_subscore_limit(suite, typical):
    """The limits that hold for any pool, beside those in units that people know."""
    found = judge(typical(), suite)
    limited = [c.metric for c in found.checks if c.column == "subscore"]

    assert sorted(limited) == sorted(
        m.name
        for m in METRICS
        if m.published_weight and (suite.stem == "dataset_gate" or not m.explains)
    )


LIMITED = [  # metric, its value and what comes of it
    ("DERI1000", 779.99, "fail"),
    ("DERI1000", 780.0, "warn"),
    ("DERI1000", 820.0, "pass"),
    ("DERI1000", None, "unknown"),
    ("unreadable_share", 0.011, "fail"),
    ("unreadable_share", 0.01, "warn"),
    ("unreadable_share", 0.0001, "warn"),
    ("unreadable_share", None, "unknown"),
    ("exact_copies", 0.07, "pass"),
    ("exact_copies", 0.071, "fail"),
    ("leaked_copies", 0.051, "fail"),
    ("leaked_copies", 0.001, "warn"),
    ("leaked_images", 0.051, "warn"),
    ("leaked_groups", 0.001, "warn"),
    ("leaked_patients", 0.001, "fail"),
    ("leaked_groups", None, "unknown"),  # a gap: it should have been looked at
    ("unusable_masks", 0.21, "fail"),
    ("unusable_masks", 0.2, "warn"),
    ("unusable_masks", 0.0, "pass"),
    ("unjudged_share", 0.201, "fail"),
    ("unjudged_share", 0.2, "warn"),
    ("unjudged_share", 0.0, "pass"),
    ("ignored_share", 0.05, "pass"),
    ("ignored_share", 0.051, "warn"),
    ("contradictions", 0.001, "warn"),
    ("ambiguous_names", 1.0, "warn"),
    ("missing_labels", 0.001, "warn"),
    ("private_share", 0.001, "fail"),
    ("narrow_share", 0.001, "warn"),
    ("constant_share", 0.001, "warn"),
    ("uniform_share", 0.001, "warn"),
    ("traced_share", 0.001, "warn"),
    ("template_share", 0.36, "fail"),
    ("template_share", 0.35, "warn"),
    ("template_share", 0.2, "pass"),
    ("faint_share", 0.51, "fail"),
    ("faint_share", 0.5, "warn"),
    ("faint_share", 0.25, "pass"),
    ("hollow_share", 0.51, "fail"),
    ("hollow_share", 0.36, "warn"),
    ("hollow_share", 0.35, "pass"),
    ("grainy_share", 0.51, "fail"),
    ("grainy_share", 0.5, "warn"),
    ("grainy_share", 0.2, "pass"),
    ("divided_share", 0.001, "warn"),
    ("divided_share", 0.0, "pass"),
    ("denied_share", 0.151, "fail"),
    ("denied_share", 0.15, "warn"),
    ("denied_share", 0.1, "pass"),
    ("denied_elsewhere", 0.151, "fail"),
    ("denied_elsewhere", 0.15, "warn"),
    ("denied_elsewhere", 0.1, "pass"),
    ("scarcity", 0.76, "fail"),
    ("scarcity", 0.75, "warn"),
    ("scarcity", 0.0, "pass"),
    ("shortcut", 0.5, "pass"),
    ("shortcut", 0.51, "fail"),
    ("confounding", 0.91, "warn"),
    ("class_by_look", 0.56, "warn"),
    ("class_by_look", 0.55, "pass"),
    ("class_by_file", 0.91, "fail"),
    ("class_by_file", 0.9, "warn"),
    ("class_by_file", 0.7, "pass"),
    ("class_by_metadata", 0.96, "fail"),
    ("class_by_metadata", 0.95, "warn"),
    ("class_by_metadata", 0.7, "pass"),
    ("split_by_metadata", 0.71, "warn"),
    ("split_by_metadata", 0.7, "pass"),
    ("split_by_look", 0.41, "warn"),
    ("split_by_look", 0.4, "pass"),
    ("conflicting_copies", 0.001, "warn"),
    ("conflicting_copies", 0.011, "fail"),
    ("likely_contradictions", 0.005, "pass"),
    ("likely_contradictions", 0.006, "warn"),
    ("label_noise", 0.66, "fail"),
    ("label_noise", 0.56, "warn"),
    ("label_noise", 0.55, "pass"),
    ("separation", 0.011, "fail"),
    ("separation", 0.018, "warn"),
    ("separation", 0.02, "pass"),
    ("sharpness", 49.0, "warn"),
    ("imbalance", None, "unknown"),
]


def test_what_it_limits(suite, typical, tmp_path):
    """By its limits on a metric: a typical dataset passes all others, as is seen above.

    Metrics are judged side by side, as each is limited by itself: the first value of each, then the
    second.
    """
    document = json.loads(suite.read_text("utf-8"))
    order = ("unknown", "fail", "warn", "pass")
    left, found = LIMITED, []
    while left:
        now = {metric: raw for metric, raw, _ in reversed(left)}
        own = [one for one in document["expectations"] if one["kwargs"]["metric"] in now]
        (tmp_path / "own.json").write_text(json.dumps(document | {"expectations": own}), "utf-8")
        checks = judge(typical(**now), tmp_path / "own.json").checks
        told = {m: {c.status for c in checks if c.metric == m} for m in now}
        found += [(m, now[m], min(told[m], key=order.index)) for m in now]
        left = [case for case in left if case[:2] not in now.items()]

    assert sorted(found, key=str) == sorted(LIMITED, key=str)


@pytest.mark.parametrize(
    "metric",
    [
        "denied_elsewhere",
        "leaked_images",
        "leaked_copies",
        "leaked_groups",
        "leaked_patients",
        "private_share",
        "traced_share",
    ],
)
def test_a_dataset_without_splits_or_groups_passes_and_it_is_said(suite, typical, metric):
    """Honest sets have one folder; a suite that demands it says so by leaving the meta out."""
    gone = Row(metric=metric, raw=None, subscore=None, weight=None, about="no", absent="no")
    found = judge([gone if row.metric == metric else row for row in typical()], suite)

    assert found.verdict == "pass"
    said = {check.status for check in found.checks if check.metric == metric}
    assert said == {"not_looked_at"}


def test_only_the_full_suite_asks_for_explanations(typical):
    table = typical(xai_overlay=None, xai_stability=None)

    assert judge(table, HERE / "data_only.json").verdict == "pass"
    assert judge(table, HERE / "dataset_gate.json").verdict == "unknown"


@pytest.mark.parametrize("name", ["data_only", "dataset_gate"])
@pytest.mark.parametrize("pool", ["paper-small", "smoke"])
def test_limits_of_a_pool_hold_every_row_about_a_fault(pool, name) -> None:
    """A fault is one whatever the pool: rows that are new here are not left out there."""
    follows = {*(metric.name for metric in METRICS), "DERI1000", *GAP_ROWS}
    found, wanted = (
        [
            entry
            for entry in json.loads((folder / f"{name}.json").read_text("utf-8"))["expectations"]
            if entry["kwargs"]["metric"] not in follows
        ]
        for folder in (HERE.parent / "reference_pool" / pool / "expectations", HERE)
    )

    assert len(wanted) > 20
    assert found == wanted
