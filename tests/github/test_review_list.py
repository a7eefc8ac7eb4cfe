"""Decisions on suspects in a pull request: those of the base count, its own do not."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

from deri_gate.commands.ci import check_all
from deri_gate.commands.review import review
from deri_gate.errors import SettingError
from deri_gate.github.settings import settings_in
from deri_gate.runtime.engine import Machine

from .conftest import limit, pool_for_tests, suite, write_digits

QUIET = Machine(device="cpu", workers=1, progress=False)
LIMIT = {
    "type": "expect_value_to_be_at_most",
    "kwargs": {"metric": "contradictions", "maximum": 0.0},
    "meta": {"reason": "One picture has one label."},
    "severity": "critical",
}
SETTINGS = """gate:
  datasets: {digits: data}
  suite: limits/gate.json
  change_suite: limits/change.json
  pool: pools/own
  metrics: exposure
  review: {digits: review.csv}
"""


@pytest.fixture
def gated(repository):
    """Digits in git under a gate that allows no contradiction, and an empty list of decisions."""
    write_digits(repository.folder / "data", range(60))
    repository.write("params.yaml", SETTINGS)
    repository.write("limits/gate.json", json.dumps({"name": "gate", "expectations": [LIMIT]}))
    fits = {**limit("exposure", 0.01), "type": "expect_changed_images_to_fit"}
    repository.write("limits/change.json", suite(fits))
    repository.write("pools/own/pool.json", pool_for_tests())
    listed(repository)
    repository.commit("a dataset")
    return repository


def listed(repository, *, accept=False):
    """Write the list as `deri-gate review` does; accept all contradictions in it."""
    path = repository.folder / "review.csv"
    review("data", cases=path, metrics="exposure", machine=QUIET)
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8"))))
    column = {name: i for i, name in enumerate(rows[0])}
    said = {"decision": "accept", "who": "Ada", "when": "2026-01-31", "why": "seen"}
    for row in rows[1:] if accept else ():
        if row[column["reason"]] == "contradiction":
            for name, text in said.items():
                row[column[name]] = text
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_text(text.getvalue(), "utf-8")
    return len(rows) - 1


def contradict(repository):
    """One picture in both classes."""
    first = min((repository.folder / "data" / "digit 0").iterdir())
    shutil.copy(first, repository.folder / "data" / "digit 1" / "again.png")


def judged(repository):
    (one,) = check_all("main", out=Path("reports"), machine=QUIET)
    return one


def test_a_pull_request_cannot_accept_its_own_fault(gated):
    """Its list is not read, and the comment names it as a file of the policy."""
    gated.branch("faulty")
    contradict(gated)
    assert listed(gated, accept=True)
    gated.commit("a contradiction, and its acceptance")
    one = judged(gated)

    assert one.status == "fail"
    assert "review.csv" in (gated.folder / "reports/digits/summary.md").read_text("utf-8")


def test_what_the_base_has_accepted_does_not_fail(gated):
    """Accepted on main before the images come: it is the content that counts."""
    gated.branch("ready")
    contradict(gated)
    listed(gated, accept=True)
    decided = (gated.folder / "review.csv").read_text("utf-8")
    gated.run("git", "checkout", "--quiet", "--", "review.csv")
    gated.commit("a contradiction")
    gated.run("git", "switch", "--quiet", "main")
    gated.write("review.csv", decided)
    gated.commit("accepted")
    gated.run("git", "switch", "--quiet", "ready")
    one = judged(gated)
    metrics = json.loads((gated.folder / "reports/digits/metrics.json").read_text("utf-8"))

    assert one.status == "pass"
    assert metrics["shares"]["contradictions"]["value"] == 0
    assert [f["detail"][:6] for f in metrics["findings"] if f["kind"] == "accepted"] == ["2 case"]


def test_a_list_for_no_dataset_is_refused():
    """A misspelt name would leave the decisions unread."""
    with pytest.raises(SettingError, match="review names 'digit', which is no dataset"):
        settings_in(SETTINGS.replace("{digits: review", "{digit: review").encode(), "params.yaml")


def test_a_list_that_the_base_lacks_is_said(gated):
    """Rather than judged as if nothing had been decided."""
    gated.run("git", "rm", "--quiet", "review.csv")
    gated.commit("no list")
    gated.branch("any")
    contradict(gated)
    gated.commit("a contradiction")

    with pytest.raises(SettingError, match=r"review\.csv.*is named by the settings"):
        check_all("main", out=Path("reports"), machine=QUIET)
