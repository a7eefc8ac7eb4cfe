"""Files of a report on a disk that gets full: none is left that tells a verdict."""

from __future__ import annotations

import errno
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pyarrow as pa
import pytest

import deri_gate
from deri_gate.errors import SettingError
from deri_gate.reports import values, write
from deri_gate.reports.documents import scores_document, subscores_document
from deri_gate.reports.opening import EMPTY
from deri_gate.reports.settling import scored_from
from deri_gate.reports.values import write_values
from deri_gate.reports.withdrawal import TABLES, WITHDRAWN, withdraw_report
from deri_gate.reports.write import write_report
from deri_gate.runtime import system


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
    write_report(report_of(), tmp_path)
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


OWN = {
    "metrics.json": '{"accuracy": 0.9}',
    "run.json": '{"schema_version": 1, "epochs": 3}',
    "scores.json": "[1, 2]",
    "page.json": "no JSON",
    "junit.xml": '<testsuites><testsuite name="pytest"/></testsuites>',
    "summary.md": "# My work, by deri-gate",
    "report.html": "<title>Mine</title>",
    "subscores.csv": "path,label",
    "images.parquet": "path,label,unreadable",
}


@pytest.mark.parametrize("name", [*WITHDRAWN, *sorted(TABLES), "metrics.json"])
def test_a_file_that_no_report_wrote_is_somebodys_own(report_of, tmp_path, name) -> None:
    """Six of a user's files were deleted before the dataset was even looked for."""
    (tmp_path / name).write_text(OWN.get(name, "{}"), "utf-8")

    for deed in (withdraw_report, partial(write_report, report_of())):
        with pytest.raises(SettingError, match=f"{name}: is no file of deri-gate"):
            deed(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text("utf-8") == OWN.get(name, "{}")


@pytest.mark.parametrize("name", [*WITHDRAWN, *sorted(TABLES)])
def test_a_file_of_a_report_is_known_by_itself(report_of, tmp_path, name) -> None:
    """As where a run was killed, or a folder holds what `report --out` and `score --out` write."""
    columns = {"path": ["a.png"], "suspect_for": [""], "unreadable": [""]}
    write_report(replace(report_of(), table=pa.table(columns)), tmp_path)
    for path in tmp_path.iterdir():
        if path.name != name:
            path.unlink()

    withdraw_report(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} <= TABLES


def test_values_lie_beside_no_verdict_of_a_run_that_ended_meanwhile(report_of, tmp_path) -> None:
    """A `check` that ended while a `measure` was at work left its verdict beside these values."""
    report = report_of()
    write_report(report, tmp_path)

    write_values(report.table, report.metrics, tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {"metrics.json", "images.parquet"}


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks")
def test_what_writes_values_or_renders_again_waits_for_another_run(
    report_of, tmp_path, monkeypatch
) -> None:
    """`report` rendered one run's files beside those of the next."""
    report, order = report_of(), []
    write_report(report, tmp_path)
    tabled = values.write_table
    monkeypatch.setattr(
        "deri_gate.commands.report.read_report", lambda _: order.append("deed") or report
    )
    monkeypatch.setattr(values, "write_table", lambda *them: order.append("deed") or tabled(*them))
    deeds = (
        partial(deri_gate.report, tmp_path),
        partial(write_values, report.table, report.metrics, tmp_path),
    )
    with ThreadPoolExecutor(1) as threads:
        for deed in deeds:
            with system.alone_in(tmp_path):
                done = threads.submit(deed)
                time.sleep(0.3)
                order.append("end of the other")
            done.result()

    assert order == ["end of the other", "deed"] * 2


def test_a_number_without_a_plugin_keeps_its_name(report_of) -> None:
    """The report said `DERI1000 of 11 metrics`, and rendered again `DERI1000`."""
    report = report_of()
    without = replace(report.scored, uninstalled=("stains",))
    for scored, title in ((report.scored, "DERI1000"), (without, "DERI1000 of 11 metrics")):
        files = scores_document(scored, None), subscores_document(scored, report.pool)

        assert (scored.title, scored_from(*files, EMPTY).title) == (title, title)
