"""How many processors a process may use."""

from __future__ import annotations

import errno
import os
import sys

import pytest

from deri_gate.errors import SettingError
from deri_gate.runtime import system


@pytest.fixture
def four(monkeypatch):
    """A machine of sixteen processors, of which this process may use four."""
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 4, 9}, raising=False)
    monkeypatch.setattr(system, "_SHARES", ())


def test_processors_are_those_that_the_process_may_use(four):
    """`taskset` and cgroup sets leave fewer than the machine has."""
    assert system.processors() == 4


def test_a_system_without_affinity_says_how_many_it_has(four, monkeypatch):
    """As macOS and Windows do."""
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)

    assert system.processors() == 16


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        ("200000 100000", 2),
        ("150000 100000", 2),
        ("50000 100000", 1),
        ("max 100000", 4),
        ("-1 100000", 4),
        ("900000 100000", 4),
        ("", 4),
        ("5", 4),
        ("5 0", 4),
    ],
)
def test_a_container_has_its_share(four, monkeypatch, tmp_path, share, expected):
    """In whole processors, rounded up; none in a file that says nothing."""
    (tmp_path / "cpu.max").write_text(share)
    monkeypatch.setattr(system, "_SHARES", ((str(tmp_path / "cpu.max"),),))

    assert system.processors() == expected


def test_the_older_cgroup_says_it_in_two_files(four, monkeypatch, tmp_path):
    """A quota and a period."""
    names = [str(tmp_path / name) for name in ("quota", "period")]
    for name, text in zip(names, ("300000", "100000"), strict=True):
        (tmp_path / name).write_text(text + "\n")
    monkeypatch.setattr(system, "_SHARES", (tuple(names),))

    assert system.processors() == 3


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks")
def test_a_folder_that_cannot_be_locked_keeps_nobody_out(tmp_path, monkeypatch) -> None:
    """A disk of a network without locks ended in a traceback."""
    import fcntl

    def no_locks(*_) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with system.alone_in(tmp_path), system.alone_in(tmp_path / "gone"):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks")
def test_a_lock_that_is_never_given_back_is_an_error(tmp_path, monkeypatch, capsys) -> None:
    """A program that held the lock of a folder stopped a run for ever, without a word."""
    monkeypatch.setattr(system, "SILENT", 0.1)
    with (
        system.alone_in(tmp_path),
        pytest.raises(SettingError, match="another program, has locked it"),
        system.alone_in(tmp_path, patience=0.4),
    ):
        pass

    assert capsys.readouterr().err.count("waiting for another run that writes to") == 1
    with system.alone_in(tmp_path, patience=0.0):
        pass
