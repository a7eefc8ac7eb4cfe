"""Git that dies, prints nothing or prints half: a dataset counts as touched, or it is an error.

The program called git on PATH is a wrapper that does so, always or at one call alone.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from deri_gate.runtime.run_cache import begin_run
from deri_gate.runtime.tracking.tree import tree_of
from tests.sweeps import sampled

pytestmark = pytest.mark.timeout(60)
COMMANDS = ("rev-parse", "for-each-ref", "merge-base", "cat-file")
FAULTS = {
    "says no": "exit 1",
    "cannot": "echo fatal: out of memory >&2; exit 128",
    "is killed": "kill -9 $$",
    "prints nothing": "cat > /dev/null < /dev/null; exit 0",
    "prints half": 'GIT "$@" < /dev/null | dd bs=1 count=HALF status=none; exit 0',
    "prints half and is killed": 'GIT "$@" | { dd bs=1 count=HALF status=none; kill -9 $$; }',
    "prints another's": 'GIT "$@" | stdbuf -o0 tr 0-9 1-90; exit 0',
}
TOUCHED = 'datasets=["digits"]'


@pytest.fixture
def changed(guarded, run, monkeypatch, tmp_path):
    """Run `ci changed` on a changed dataset, its git broken by some lines of shell."""
    real = shutil.which("git")
    folder = tmp_path / "bin"
    folder.mkdir()
    guarded.branch("topic")
    guarded.write("data.dvc", (guarded.folder / "data.dvc").read_text() + "desc: other\n")
    guarded.write("data.dvc", (guarded.folder / "data.dvc").read_text().replace("md5: ", "md5: 0"))
    guarded.commit()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def look(lines: str, half: int = 20) -> tuple[int, str, str]:
        text = lines.replace("GIT", f'"{real}"').replace("HALF", str(half))
        program = Path(folder, "git")
        program.write_text(f'#!/bin/sh\necho "$*" >> "{tmp_path}/calls"\n{text}\n')
        program.chmod(0o755)
        begin_run()
        tree_of.cache_clear()
        monkeypatch.chdir(guarded.folder)
        return run("ci", "changed", "--base", "main")

    look.calls = tmp_path / "calls"
    return look


def check(status: int, out: str, err: str) -> None:
    """Never an answer that lets the dataset pass."""
    first = out.partition("\n")[0]
    assert (status, first) in {(0, TOUCHED), (2, "")}, (status, out, err)
    assert status == 0 or err.startswith("deri-gate: "), err
    assert "Traceback" not in err


def test_sound_and_slow_git_gives_the_answer(changed) -> None:
    """What the others are compared with; a slow git changes nothing."""
    assert changed('exec GIT "$@"')[1].splitlines()[0] == TOUCHED
    assert changed('sleep 0.05; exec GIT "$@"')[1].splitlines()[0] == TOUCHED


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("fault", sampled(FAULTS.values(), 0), ids=[*FAULTS])
def test_a_command_that_always_fails(changed, command, fault) -> None:
    """One of git's commands, and all others sound."""
    case = f'case "$*" in *" {command} "*) {fault};; esac\nexec GIT "$@"'

    check(*changed(case))


@pytest.mark.parametrize("half", sampled([0, 1, 39, 40, 41, 60, 200, 400, 700], 0, 3, 6))
def test_contents_that_end_anywhere(changed, half) -> None:
    """In the middle of a commit, of a tree, of the settings, of a record of DVC's."""
    case = (
        f'case "$*" in *" cat-file "*) {FAULTS["prints half and is killed"]};; esac\nexec GIT "$@"'
    )

    check(*changed(case, half))


@pytest.mark.sweep
@pytest.mark.parametrize("fault", sampled(["prints nothing", "is killed", "says no"]))
def test_one_call_that_fails(changed, fault) -> None:
    """The first, then the second alone, and so on: all calls of a run."""
    changed('exec GIT "$@"')
    count = len(changed.calls.read_text().splitlines())
    assert count > 5
    for number in range(1, count + 1):
        changed.calls.unlink()
        at = f'[ "$(wc -l < "{changed.calls}")" -eq {number} ]'

        check(*changed(f'if {at}; then {FAULTS[fault]}; fi\nexec GIT "$@"'))


def test_all_that_git_does_is_known_here(changed) -> None:
    """A command that is not in this list would not be broken by these tests."""
    changed('exec GIT "$@"')
    words = {word for line in changed.calls.read_text().splitlines() for word in line.split()}

    known = {*COMMANDS, "diff-tree", "ls-tree", "diff", "status", "log", "ls-files", "config"}
    assert words & known == {*COMMANDS}
