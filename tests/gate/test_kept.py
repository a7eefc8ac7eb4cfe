"""Judgements that are kept: the same answer, without Great Expectations, until something differs."""

from __future__ import annotations

import json
import sys
from datetime import date
from typing import TYPE_CHECKING

import pytest

from deri_gate import gate
from deri_gate.gate import kept
from deri_gate.gate.records import Check, Judgement, Row, Status, Waiver
from deri_gate.schemas.validation import (
    ExceptionInfo,
    ExpectationConfig,
    ExpectationMeta,
    ExpectationResult,
    ValidationDocument,
    ValidationStatistics,
)

if TYPE_CHECKING:
    from pathlib import Path

DAY, NEXT = date(2026, 1, 2), date(2026, 1, 3)
ROWS = [Row(metric="sharpness", raw=1.25, subscore=None, weight=0.1, about="a")]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DERI_GATE_CACHE", str(tmp_path / "cache"))


def suite_of(folder: Path, *, meta: dict[str, object] | None = None) -> Path:
    path = folder / "suite.json"
    path.write_text(json.dumps({"name": "own", "expectations": [{"type": "t", "meta": meta}]}))
    return path


def judgement(*, raised: bool = False, status: Status = Status.WARN) -> Judgement:
    """One that uses every field, by hand."""
    check = Check(
        name="sharpness at least 2", metric="sharpness", slice="class", figure="gap", column="raw",
        bound="at_least", severity="warning", observed=1.25, limit=0.1 + 0.2, status=status,
        reason="ä", detail="d", waiver=Waiver(reason="r", until=DAY), waived=True,
    )  # fmt: skip
    result = ExpectationResult(
        expectation_config=ExpectationConfig(
            type="t", kwargs={"minimum": 1e-300, "of": [1, None, {"a": True}]},
            severity="warning", meta={"notes": "n"},
        ),
        success=False, result={"observed_value": 1.25},
        meta=ExpectationMeta(status=Status.WARN, detail="d"),
        exception_info=ExceptionInfo(
            raised_exception=raised, exception_message="m" if raised else None,
            exception_traceback=None,
        ),
    )  # fmt: skip
    numbers = ValidationStatistics(
        declared_expectations=1, loaded_expectations=1, evaluated_expectations=1,
        successful_expectations=0,
    )  # fmt: skip
    document = ValidationDocument(
        suite_name="own", success=False, statistics=numbers, results=(result,)
    )
    return Judgement(verdict=status, checks=(check,), validation=document)


class Judge:
    """Judge that counts how often it is asked."""

    def __init__(self, *, raised: bool = False, status: Status = Status.WARN) -> None:
        self.judgement, self.asked = judgement(raised=raised, status=status), 0

    def __call__(self) -> Judgement:
        self.asked += 1
        return self.judgement


def test_what_was_judged_is_not_judged_again(tmp_path):
    """And every field comes back as it was."""
    suite, judge = suite_of(tmp_path), Judge()
    first, again = (kept.kept_judgement(ROWS, suite, DAY, judge) for _ in range(2))

    assert first == again == judge.judgement
    assert type(again.checks[0].status) is Status
    assert judge.asked == 1


def test_a_known_judgement_is_read_once(tmp_path, monkeypatch):
    """It was read to be looked through, and a second time to be given."""
    suite, judge, read, given = suite_of(tmp_path), Judge(), kept._read, []
    kept.kept_judgement(ROWS, suite, DAY, judge)
    monkeypatch.setattr(kept, "_read", lambda raw: given.append(raw) or read(raw))
    for _ in range(2):
        assert kept.kept_judgement(ROWS, suite, DAY, judge) == judge.judgement

    assert len(given) == 2


@pytest.mark.parametrize(
    "changed",
    [{"raw": 1.25 + 2**-52}, {"raw": None}, {"subscore": 50.0}, {"about": "b"}, {"metric": "other"},
     {"slice": "class"}, {"absent": "no splits"}],
)  # fmt: skip
def test_another_row_is_judged(tmp_path, changed):
    """Whatever of it differs, by a last bit too."""
    suite, judge = suite_of(tmp_path), Judge()
    kept.kept_judgement(ROWS, suite, DAY, judge)
    plain = {"metric": "sharpness", "raw": 1.25, "subscore": None, "weight": 0.1, "about": "a"}
    kept.kept_judgement([Row(**{**plain, **changed})], suite, DAY, judge)

    assert judge.asked == 2


def test_another_suite_is_judged(tmp_path):
    """By its content; its name is the same here."""
    judge = Judge()
    kept.kept_judgement(ROWS, suite_of(tmp_path), DAY, judge)
    kept.kept_judgement(ROWS, suite_of(tmp_path, meta={"notes": "n"}), DAY, judge)

    assert judge.asked == 2


@pytest.mark.parametrize(("meta", "times"), [({"waiver": {"until": "2026-01-02"}}, 2), ({}, 1)])
def test_the_day_counts_where_there_is_a_waiver(tmp_path, meta, times):
    """A waiver that ends overnight must not be kept."""
    suite, judge = suite_of(tmp_path, meta=meta), Judge()
    for day in (DAY, NEXT):
        kept.kept_judgement(ROWS, suite, day, judge)

    assert judge.asked == times


def test_the_day_counts_however_a_waiver_is_written(tmp_path):
    """Its key by the codes of its letters: the file has to be read to know it."""
    suite, judge = suite_of(tmp_path, meta={"waiver": {"until": "2026-01-02"}}), Judge()
    suite.write_text(suite.read_text("utf-8").replace("waiver", "\\u0077aiver"), "utf-8")
    for day in (DAY, NEXT):
        kept.kept_judgement(ROWS, suite, day, judge)

    assert judge.asked == 2


def test_another_version_of_a_package_judges_anew(tmp_path, monkeypatch):
    """Great Expectations may mean another thing."""
    suite, judge = suite_of(tmp_path), Judge()
    kept.kept_judgement(ROWS, suite, DAY, judge)
    monkeypatch.setattr(kept, "installed_version", lambda _: "0")
    kept.kept_judgement(ROWS, suite, DAY, judge)

    assert judge.asked == 2


@pytest.mark.parametrize("said", [{"raised": True}, {"status": Status.UNKNOWN}])
def test_what_may_have_failed_is_not_kept(tmp_path, said):
    """It may have been for lack of memory: of the limit itself, or of what looks for gaps."""
    suite, judge = suite_of(tmp_path), Judge(**said)
    for _ in range(2):
        kept.kept_judgement(ROWS, suite, DAY, judge)

    assert judge.asked == 2


def test_what_is_no_suite_is_judged_every_time(tmp_path):
    """Judging says what is wrong with it."""
    judge = Judge()
    for _ in range(2):
        kept.kept_judgement(ROWS, tmp_path / "none.json", DAY, judge)

    assert judge.asked == 2


def test_nothing_is_loaded_ahead_until_something_is_unknown(tmp_path, monkeypatch):
    """A known dataset needs no other process; the first look that finds nothing starts one."""
    monkeypatch.delitem(sys.modules, "great_expectations", raising=False)  # of another test
    store = kept.Store(tmp_path)
    store.on_unknown = gate.begin_loading
    store.put("kind", {"a": b"1"})
    with gate.loaded_ahead():
        ahead = gate._apart
        assert ahead is not None
        store.get("kind", ["a"])
        idle = ahead._process
        store.get("kind", ["a", "b"])
        started = ahead._process

    assert idle is None
    assert started is not None
