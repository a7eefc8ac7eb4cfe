"""Files of a report on a disk that gets full: none is left that tells a verdict."""

from __future__ import annotations

import errno

import pytest

from deri_gate.errors import SettingError
from deri_gate.reports import write
from deri_gate.reports.write import TABLES, WITHDRAWN, withdraw_report, write_report


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


def test_tables_that_lie_beside_no_report_are_somebodys_own(tmp_path) -> None:
    for name in TABLES:
        (tmp_path / name).write_text("path,label", "utf-8")

    withdraw_report(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {*TABLES}
