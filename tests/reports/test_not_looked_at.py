"""What was not looked at is said in every form of the report, with its reason, and never as 0."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from xml.etree.ElementTree import fromstring

import pytest

from deri_gate.drift.records import Copies, Drift, Watch
from deri_gate.reports.documents import scores_document
from deri_gate.reports.github import commands_of
from deri_gate.reports.junit import as_junit
from deri_gate.reports.lines import unjudged_splits
from deri_gate.reports.markdown import as_markdown
from deri_gate.reports.page import as_page
from deri_gate.reports.terminal import as_text
from deri_gate.reports.words import Detail

WHY = "no column names the patient"


@pytest.fixture
def report(report_of, check_of):
    """One limit holds, one is about groups that are not there."""
    limit = check_of(
        "not_looked_at", metric="leaked_groups", name="leaked_groups at most 0",
        observed=None, limit=0.0, detail=WHY,
    )  # fmt: skip
    return report_of([check_of("pass"), limit])


def test_the_verdict_is_that_of_the_others(report):
    assert report.verdict == "pass"


@pytest.mark.parametrize("render", [as_text, as_markdown, as_page])
def test_people_read_it_with_the_reason(report, render):
    text = render(report)

    assert "not looked at" in text.lower()
    assert WHY in text
    assert "not_looked_at</td>" not in text


def test_it_is_one_line_on_the_terminal(report):
    said = [line for line in as_text(report).splitlines() if "leaked_groups" in line]

    assert said == [f"Not looked at: leaked_groups: {WHY}"]
    assert "Verdict  Passed: 1 limit passed" in as_text(report)


@pytest.mark.parametrize("render", [as_text, as_markdown])
def test_a_reason_is_said_once(report_of, check_of, render):
    """The comment repeated "the dataset has no splits" for each of five limits."""
    rows = ("leaked_groups", "leaked_copies", "leaks")
    checks = [check_of("not_looked_at", metric=row, name=row, detail=WHY) for row in rows]
    said = " ".join(render(report_of([check_of("pass"), *checks])).split())

    assert said.count(WHY) == 1
    assert all(row in said for row in rows)


def _with_splits(report, split, *names):
    info = report.metrics.dataset
    read_as = info.read_as.model_copy(update={"splits": dict.fromkeys(names, 50)})
    info = info.model_copy(update={"split": split, "read_as": read_as})
    return replace(report, metrics=report.metrics.model_copy(update={"dataset": info}))


@pytest.mark.parametrize("render", [as_text, as_markdown, partial(as_text, detail=Detail.FULL)])
def test_splits_whose_labels_nobody_judged_are_named(report, render):
    """Wrong labels of a test split move no value of train: a pass does not speak of them."""
    text = " ".join(render(_with_splits(report, "train", "train", "val", "test")).split())

    assert "suspects and metrics of test and val, as train is judged" in text
    assert "--split test and --split val" in text


def test_of_a_batch_the_drift_of_another_split_is_not_looked_at(report):
    drift = Drift(
        baseline_name="base", baseline_fingerprint="b", baseline_images=9, images=9, tests=(),
        copies=Copies(exact=(), near=(), images=9), watch=Watch(comparisons=1, scores={}),
    )  # fmt: skip
    said = unjudged_splits(replace(_with_splits(report, "train", "train", "test"), drift=drift))

    assert said == "drift of test, as train is compared: run it with --split test"


@pytest.mark.parametrize(("split", "names"), [("train", ["train"]), (None, ["fold1", "fold2"])])
def test_nothing_is_said_where_all_splits_are_judged(report, split, names):
    assert "suspects and metrics of" not in as_text(_with_splits(report, split, *names))


def test_junit_does_not_count_it_as_passed(report):
    suite = fromstring(as_junit(report))[0]
    skipped = {
        c.get("name"): s.get("message") for c in suite if (s := c.find("skipped")) is not None
    }

    assert suite.get("skipped") == "1"
    assert skipped.keys() == {"leaked_groups at most 0"}
    assert skipped["leaked_groups at most 0"].startswith(f"not looked at. {WHY}")


def test_programs_read_null_with_a_reason(report):
    found = scores_document(report.scored, report.judgement).checks[1].model_dump()

    assert (found["observed"], found["status"], found["detail"]) == (None, "not_looked_at", WHY)


def test_it_is_no_annotation(report):
    assert commands_of(report) == []
