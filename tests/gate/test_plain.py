"""Our suites in Great Expectations' own hands, without the gate."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import deri_gate
from deri_gate.errors import SettingError
from deri_gate.runtime.resources import shipped_suites
from tests.cli.test_main import write_photos

PLAIN = """
import importlib, json, sys
from great_expectations import ExpectationSuite

document = json.load(open(sys.argv[1]))
before = len(ExpectationSuite(**document).expectations)
suite = ExpectationSuite(**{**document, "expectations": []})
importlib.import_module(suite.meta["import_first"])
print(before, len(ExpectationSuite(**document).expectations))
"""
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture(scope="module")
def plain():
    """The public module; it takes long to load."""
    from deri_gate.gate import load

    load()  # with the remarks of Great Expectations' own dependencies kept quiet
    from deri_gate import expectations

    return expectations


@pytest.mark.sweep
def test_plain_great_expectations_reports_what_it_drops(tmp_path) -> None:
    """Each by an error, and the suite itself says what to import; then all of it is there."""
    suite = shipped_suites()["drift"]
    declared = json.loads(suite.read_text("utf-8"))["expectations"]

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PLAIN, str(suite)],
        capture_output=True, text=True, cwd=tmp_path, check=True,
    )  # fmt: skip

    assert done.stdout.split() == ["0", str(len(declared))]
    assert done.stderr.count("not found\n") >= len(declared)


@pytest.mark.parametrize("name", sorted(shipped_suites()))
def test_a_shipped_suite_loads_whole(plain, name) -> None:
    """And says what to import."""
    path = shipped_suites()[name]
    document = json.loads(path.read_text("utf-8"))

    suite = plain.load_suite(path)
    assert len(suite.expectations) == len(document["expectations"])
    assert suite.meta["import_first"] == plain.__name__


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [{"type": "expect_value_to_be_at_mst", "kwargs": {"metric": "exposure", "maximum": 1}}],
        [{"type": "expect_value_to_be_at_most", "kwargs": {"metric": "exposure"}}],
        [{"type": "expect_value_to_be_at_most", "kwargs": {"metric": "exposure", "maximum": "x"}}],
    ],
)
def test_a_suite_that_is_not_loaded_whole_is_refused(plain, tmp_path, entries) -> None:
    """An empty suite would pass everything."""
    path = tmp_path / "suite.json"
    good = {"type": "expect_value_to_be_at_most", "kwargs": {"metric": "exposure", "maximum": 1}}
    path.write_text(
        json.dumps({"name": "own", "expectations": [*entries, good] if entries else []})
    )

    with pytest.raises(SettingError, match=r"can be loaded|is no suite"):
        plain.load_suite(path)


@pytest.mark.parametrize("content", ["[]", "{", '{"name": "x", "strange": 1}', "{}"])
def test_what_is_no_suite_is_refused(plain, tmp_path, content) -> None:
    path = tmp_path / "suite.json"
    path.write_text(content)

    with pytest.raises(SettingError):
        plain.load_suite(path)


class Tags(HTMLParser):
    """Tags that would do something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.alive: list[str] = []
        self.inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        if dict(attrs).get("onerror") or dict(attrs).get("src") == "x":
            self.alive.append(tag)

    def handle_data(self, data: str) -> None:
        if self.inside == "script" and data.startswith("alert("):
            self.alive.append("script")


def test_data_docs_show_the_limits_and_run_nothing_of_a_name(plain, tmp_path) -> None:
    """Names of suites, metrics and reasons stay text."""
    result = {
        "expectation_config": {
            "type": "expect_value_to_be_at_most",
            "kwargs": {"metric": MARKUP, "maximum": 0.5},
            "meta": {"reason": MARKUP},
            "severity": "critical",
        },
        "success": False,
        "result": {"observed_value": 0.7},
        "meta": {"status": "fail", "detail": MARKUP},
        "exception_info": {
            "raised_exception": False, "exception_message": None, "exception_traceback": None,
        },
    }  # fmt: skip
    statistics = {
        "evaluated_expectations": 1, "successful_expectations": 0,
        "unsuccessful_expectations": 1, "success_percent": 0.0,
    }  # fmt: skip
    document = {
        "suite_name": MARKUP, "success": False, "statistics": statistics, "results": [result],
        "meta": {},
    }  # fmt: skip
    (tmp_path / "validation.json").write_text(json.dumps(document))

    page = plain.write_data_docs(tmp_path / "validation.json", tmp_path / "docs").read_text("utf-8")
    assert "at most" in page
    assert Tags(page).alive == []


def test_no_result_gives_no_data_docs(plain, tmp_path) -> None:
    (tmp_path / "validation.json").write_text('{"a": 1}')

    with pytest.raises(SettingError, match="no result of a validation"):
        plain.write_data_docs(tmp_path / "validation.json", tmp_path)


@pytest.mark.slow
def test_an_own_context_runs_a_suite_on_a_report(tmp_path, monkeypatch) -> None:
    """As the page on files has it: what passes here passes there, and nothing else does."""
    page = (Path(__file__).parents[2] / "docs" / "files.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(import json\n.*?load_suite.*?)```", page, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    write_photos(tmp_path / "scans", 12)
    (tmp_path / "expectations").mkdir()
    shutil.copy(shipped_suites()["data_only"], "expectations")
    suite = "expectations/data_only.json"
    report = deri_gate.check("scans", metrics="data", suite=suite, out="deri-report")

    scope: dict[str, Any] = {}
    exec(code, scope)

    there = [one.success for one in scope["result"].results]
    assert sorted(there) == sorted(check.status == "pass" for check in report.checks)
    assert {True, False} == set(there)
