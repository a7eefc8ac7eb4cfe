"""Missed limits in the forms that code scanning and GitLab read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

from deri_gate.reports.code_quality import as_code_quality
from deri_gate.reports.formats import format_named, format_names, rendered
from deri_gate.reports.sarif import as_sarif

SARIF = jsonschema.Draft4Validator(
    json.loads(Path(__file__).with_name("sarif-2.1.0.json").read_text("utf-8"))
)
GRADES = {"info", "minor", "major", "critical", "blocker"}  # that GitLab documents


@pytest.fixture
def report(report_of, check_of, waived_check):
    """One limit fails, one warns, one is waived, one could not be judged, one passes."""
    return report_of(
        [
            check_of("fail"), check_of("warn", metric="resolution"), waived_check(),
            check_of("unknown", metric="diversity", detail="too few images"),
            check_of("pass", metric="imbalance"),
        ]
    )  # fmt: skip


def test_sarif_has_a_result_a_missed_limit(report) -> None:
    """With what the standard asks of a log, and levels that it knows."""
    log = json.loads(as_sarif(report, "scans.dvc"))
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]

    SARIF.validate(log)
    assert (log["version"], run["tool"]["driver"]["name"]) == ("2.1.0", "deri-gate")
    assert [one["level"] for one in run["results"]] == ["error", "error", "warning", "warning"]
    for place, one in enumerate(run["results"]):
        assert rules[one["ruleIndex"]] == one["ruleId"] == rules[place]
        assert one["message"]["text"]
        (where,) = one["locations"]
        assert where["physicalLocation"]["artifactLocation"]["uri"] == "scans.dvc"
        assert where["physicalLocation"]["region"]["startLine"] == 1  # code scanning asks for it
    assert [bool(one["suppressions"]) for one in run["results"]].count(True) == 1


def test_code_quality_is_as_gitlab_reads_it(report) -> None:
    """The keys it asks for; a waived limit is nobody's task."""
    found = json.loads(as_code_quality(report, "scans.dvc"))

    assert [one["severity"] for one in found] == ["blocker", "critical", "minor"]
    assert {one["severity"] for one in found} <= GRADES
    assert len({one["fingerprint"] for one in found}) == 3
    for one in found:
        assert set(one) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert one["location"] == {"path": "scans.dvc", "lines": {"begin": 1}}
        assert re.fullmatch("[0-9a-f]{64}", one["fingerprint"])


def test_a_limit_that_two_suites_ask_for(report_of, check_of) -> None:
    """One rule for it, as rules are unique; two results, which GitLab tells apart."""
    report = report_of([check_of("fail"), check_of("warn"), check_of("warn")])
    log = json.loads(as_sarif(report))
    (run,) = log["runs"]
    prints = [one["fingerprint"] for one in json.loads(as_code_quality(report))]

    SARIF.validate(log)
    assert [one["ruleIndex"] for one in run["results"]] == [0, 0, 0]
    assert len(run["tool"]["driver"]["rules"]) == 1
    assert [one["partialFingerprints"]["limit"] for one in run["results"]] == prints
    assert len(set(prints)) == 3


@pytest.mark.parametrize("render", [as_sarif, as_code_quality])
def test_what_passes_is_an_empty_list(report_of, check_of, render) -> None:
    text = render(report_of([check_of("pass")]))

    assert '"results": []' in text or json.loads(text) == []


@pytest.mark.parametrize("render", [as_sarif, as_code_quality])
def test_hostile_names_stay_text(hostile_report, render) -> None:
    text = render(hostile_report)
    found = json.loads(text)

    assert found
    assert render is as_code_quality or SARIF.is_valid(found)
    assert not {c for c in text if ord(c) < 32} - {"\n"}
    assert "\u202e" not in text
    assert not [line for line in text.splitlines() if line.startswith("::")]


@pytest.mark.parametrize("name", ["gitlab", "sarif"])
def test_they_are_formats_by_name(report, name) -> None:
    assert name in format_names()
    assert json.loads(rendered(report, format_named(name)))
