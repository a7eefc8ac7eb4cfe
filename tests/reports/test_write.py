"""Files of a report on a disk that gets full: none is left that tells a verdict."""

from __future__ import annotations

import errno
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from deri_gate.errors import SettingError
from deri_gate.reports import write
from deri_gate.reports.withdrawal import TABLES, WITHDRAWN, withdraw_report
from deri_gate.reports.write import write_report


def full_at(name: str):
    """Writing of a text as it is, until the file of this name."""
    before = write.write_text

    def write_text(text, path) -> None:
        if path.name == name:
            raise SettingError(f"cannot be written ({errno.ENOSPC})", path, "Name another place.")
        before(text, path)

    return write_text


@pytest.mark.parametrize("last", ["report.html", "run.json", "scores.json"])
def test_what_ends_early_tells_no_verdict(report_of, tmp_path, monkeypatch, last) -> None:
    report = report_of()
    write_report(report, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} & {*WITHDRAWN}

    monkeypatch.setattr(write, "write_text", full_at(last))
    with pytest.raises(SettingError, match="cannot be written"):
        write_report(report, tmp_path)

    assert {path.name for path in tmp_path.iterdir()} & {*WITHDRAWN} == set()


def test_nothing_of_an_earlier_report_is_left(report_of, tmp_path) -> None:
    """Values and tables of another run passed for those of one that had ended early."""
    write_report(report_of(), tmp_path)
    (tmp_path / "notes.txt").write_text("of somebody else", "utf-8")
    assert {path.name for path in tmp_path.iterdir()} > {*TABLES, "metrics.json", "run.json"}

    withdraw_report(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_nothing_of_a_run_that_ended_meanwhile_is_left(report_of, tmp_path) -> None:
    """Its change lay beside the verdict of a run that had no base."""
    for name in ("changes.json", "leaks.json", "drift.json"):
        (tmp_path / name).write_text("{}", "utf-8")
    write_report(report_of(), tmp_path)

    assert not {path.name for path in tmp_path.iterdir()} & {"changes.json", "drift.json"}


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks")
def test_two_runs_at_once_leave_no_mixture(report_of, tmp_path, monkeypatch) -> None:
    """One of eight pairs left the values of one dataset beside the verdict on the other."""
    before, wrote = write._write_files, []

    def held_up(report, out, *, plots) -> None:
        wrote.append(report.metrics.dataset.name)
        before(report, out, plots=plots)
        time.sleep(0.2)
        wrote.append(report.metrics.dataset.name)

    monkeypatch.setattr(write, "_write_files", held_up)
    one = report_of()
    name = one.metrics.dataset.model_copy(update={"name": "other"})
    other = replace(one, metrics=one.metrics.model_copy(update={"dataset": name}))
    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(write_report, report, tmp_path) for report in (one, other)]:
            done.result()

    assert wrote[0] == wrote[1] != wrote[2] == wrote[3]
    assert json.loads((tmp_path / "metrics.json").read_text("utf-8"))["dataset"]["name"] == wrote[3]


def test_tables_that_lie_beside_no_report_are_somebodys_own(tmp_path) -> None:
    for name in TABLES:
        (tmp_path / name).write_text("path,label", "utf-8")

    withdraw_report(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {*TABLES}
