"""One verdict in every format, whatever the limits came to."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from deri_gate.cli.exits import exit_status
from deri_gate.gate.records import Status, Waiver, verdict_on
from deri_gate.reports.card import as_card
from deri_gate.reports.code_quality import as_code_quality
from deri_gate.reports.github import commands_of
from deri_gate.reports.junit import as_junit
from deri_gate.reports.markdown import as_markdown
from deri_gate.reports.page import as_page
from deri_gate.reports.sarif import as_sarif
from deri_gate.reports.terminal import as_text
from deri_gate.reports.words import VERDICT_WORDS
from tests.sweeps import sampled

SAID = {Status.PASS: 0, Status.WARN: 0, Status.FAIL: 1, Status.UNKNOWN: 2}


@pytest.fixture
def drawn(report_of, check_of):
    """A report of one to six limits, some of them waived until a day that may have passed."""

    def make(seed):
        generator, checks = np.random.default_rng(seed), []
        for number in range(generator.integers(1, 7)):
            status = str(generator.choice(["pass", "warn", "fail", "unknown", "not_looked_at"]))
            more = {"metric": "sharpness" if number % 2 else "exact_copies"}
            if status in {"warn", "fail"} and generator.integers(2):
                waiver = Waiver(reason="r", until=date(2099 if status == "warn" else 2020, 1, 1))
                more |= {"waiver": waiver, "waived": status == "warn"}
            observed = None if status in {"unknown", "not_looked_at"} else 42.0
            checks.append(check_of(status, name=f"limit {number}", observed=observed, **more))
        verdict = verdict_on(one.status for one in checks)
        if all(one.status is Status.NOT_LOOKED_AT for one in checks):  # as the gate has it
            checks = [replace(one, status=Status.UNKNOWN) for one in checks]
        return report_of(checks, verdict=verdict)

    return make


@pytest.mark.parametrize("seed", sampled(range(24), 0, 1, 2, 3, 4, 5))
def test_every_format_says_the_same(drawn, seed):
    """People read the words; programs count failures, errors, levels and the exit status."""
    report = drawn(seed)
    words = VERDICT_WORDS[report.verdict]
    for text in (as_text(report), as_markdown(report), as_page(report), as_card(report)):
        assert words in text.lower()
    statuses = [check.status for check in report.checks]
    bad = {Status.FAIL, Status.UNKNOWN} & set(statuses)
    suite = ET.fromstring(as_junit(report)).find("testsuite")
    results = json.loads(as_sarif(report))["runs"][0]["results"]
    problems = json.loads(as_code_quality(report))

    assert exit_status(report.verdict) == SAID[report.verdict]
    assert bool(bad) == (exit_status(report.verdict) != 0)
    assert bool(int(suite.get("failures")) + int(suite.get("errors"))) == bool(bad)
    assert len(suite.findall("testcase")) == len(statuses)
    assert any(one["level"] == "error" for one in results) == bool(bad)
    assert any(one["severity"] in {"critical", "blocker"} for one in problems) == bool(bad)
    assert any(line.startswith("::error") for line in commands_of(report)) == bool(bad)


def test_a_batch_without_labels_has_no_zero_classes(report_of) -> None:
    """The page, the comment, the card and the terminal say the same."""
    report = report_of([])
    for count, said in ((0, "no labels"), (1, "1 class"), (3, "3 classes")):
        info = report.metrics.dataset.model_copy(update={"classes": count})
        one = replace(report, metrics=report.metrics.model_copy(update={"dataset": info}))
        for text in (as_page(one), as_markdown(one), as_card(one), as_text(one)):
            assert f", {said}" in text
            assert "0 classes" not in text
