"""The first things that are typed: no command, a wrong one, Ctrl-C."""

from __future__ import annotations

import pytest

from deri_gate.reports.formats import BUILT_IN
from deri_gate.runtime.kept_words import note_isolation, note_work_folder
from deri_gate.runtime.store import default_folder


def interrupted(*_, **__):
    raise KeyboardInterrupt


@pytest.mark.parametrize("group", [(), ("ci",), ("pool",)])
def test_no_command_shows_the_help_as_help(run, group) -> None:
    """On lines of their own; it stays a wrong use."""
    status, out, error = run(*group)

    assert (status, error) == (2, "")
    assert out.startswith(f"Usage: {' '.join(['deri-gate', *group])} [OPTIONS] COMMAND")
    assert len(out.splitlines()) > 5


def test_a_wrong_command_is_one_sentence(run) -> None:
    status, _, error = run("chek")

    assert status == 2
    assert "'check'" in error
    assert "?." not in error
    assert error.endswith("Run `deri-gate --help`.\n")


def test_an_interrupted_run_says_what_is_kept(run, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("deri_gate.commands.check.Measuring.of", interrupted)
    status, out, error = run("check", tmp_path / "set")

    assert (status, out) == (130, "")
    assert "interrupted" in error
    assert str(default_folder()) in error


def test_an_interrupted_run_says_nothing_of_the_run_before(run, monkeypatch, tmp_path) -> None:
    """One process may run several commands: an isolated one, one with a work folder, then ours."""
    monkeypatch.setattr("deri_gate.commands.check.Measuring.of", interrupted)
    note_isolation()
    note_work_folder("--work /shared")

    said = run("check", tmp_path / "set")[2]

    assert f"Finished images are kept in {default_folder()}" in said


def test_an_interrupted_run_without_a_cache_keeps_nothing(run, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("DERI_GATE_CACHE_SIZE", "0")
    monkeypatch.setattr("deri_gate.commands.check.Measuring.of", interrupted)

    assert "Nothing is kept" in run("check", tmp_path / "set")[2]


def test_verbose_and_quiet_contradict_each_other(run, tmp_path) -> None:
    status, _, error = run("check", tmp_path / "set", "-v", "-q")

    assert status == 2
    assert "contradict" in error


def test_every_format_in_the_help_can_be_typed_as_it_stands(run) -> None:
    """Capitals, as click writes names of types, are refused as no format."""
    (line,) = [line for line in run("check", "--help")[1].splitlines() if "--format" in line]
    *named, plugin = line.split()[1].split("|")

    assert plugin == "PLUGIN"
    assert named == [form.name for form in BUILT_IN]
