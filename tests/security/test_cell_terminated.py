"""An isolated judge ends with the process that started it, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deri_gate.isolation.running import run_cell
from tests.sweeps import sampled

CODE = """
import os, sys, tempfile
from pathlib import Path
from deri_gate.cli.main import say_interrupted
from deri_gate.isolation.running import run_cell
from deri_gate.runtime.interrupts import interrupted_status, prompt_interrupts

folder, number = sys.argv[1:]
SLEEP = "import os, sys, time; open(sys.argv[1], 'w').write(f'{os.getpid()} '); time.sleep(60)"
WORDS = [sys.executable, "-c", SLEEP, number]
try:
    with prompt_interrupts(say_interrupted), tempfile.TemporaryDirectory(dir=folder) as made:
        run_cell(WORDS, dict(os.environ), Path(made))
except KeyboardInterrupt as stop:
    say_interrupted()
    sys.exit(interrupted_status(stop))
"""
PATIENT = """
import pathlib, sys, time
print("first", flush=True)
for _ in range(100):
    if pathlib.Path(sys.argv[1]).exists():
        print("second")
        sys.exit(0)
    time.sleep(0.1)
sys.exit("nobody has heard")
"""
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent another way")


def is_running(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def numbered(path: Path) -> int:
    """Process that has written its number, and a space after it, into a file."""
    deadline = time.monotonic() + 60
    while not (path.exists() and path.read_text().endswith(" ")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return int(path.read_text())


@pytest.mark.parametrize("sent", sampled([signal.SIGINT, signal.SIGTERM], 1))
def test_a_signal_to_the_outer_process_ends_both(tmp_path, sent) -> None:
    """It comes to the outer one alone: nobody sits at a terminal."""
    folder, number = tmp_path / "temporary", tmp_path / "number"
    folder.mkdir()
    words = [sys.executable, "-c", CODE, str(folder), str(number)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        inner = numbered(number)
        process.send_signal(sent)
        _, said = process.communicate(timeout=30)
        deadline = time.monotonic() + 5
        while is_running(inner) and time.monotonic() < deadline:
            time.sleep(0.05)
        left, runs = list(folder.iterdir()), is_running(inner)
        if runs:
            os.kill(inner, signal.SIGKILL)

    assert not runs
    assert left == []
    assert process.returncode == 128 + sent, said
    assert "Nothing is kept" in said


def test_what_the_judge_says_is_shown_at_once(tmp_path, monkeypatch) -> None:
    """A line, and not some thousand characters: a long run shows what it is at."""
    heard, shown = tmp_path / "heard", []

    class Screen:
        def write(self, text):
            shown.append(text)
            heard.touch()

    monkeypatch.setattr("sys.stderr", Screen())
    status = run_cell([sys.executable, "-c", PATIENT, str(heard)], dict(os.environ), tmp_path)

    assert (status, shown) == (0, ["first\n", "second\n"])
