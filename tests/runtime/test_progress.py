"""The progress bar: one line with stage, what is done, rate and time left."""

from __future__ import annotations

import io

from tqdm import tqdm

from deri_gate.runtime.engine import BAR, Machine
from deri_gate.runtime.output import GuardedStream


def test_the_line_says_stage_rate_and_time_left() -> None:
    """45 % after 12 s: 37.5 images a second, and 14 s to go."""
    line = tqdm.format_meter(
        450, 1000, 12.0, ncols=80, prefix="looking at images", unit=" images", bar_format=BAR
    )

    assert line.startswith("looking at images")
    assert " 45% " in line
    assert line.endswith("450 of 1000, 37.50 images/s, 00:14 left")
    assert len(line) <= 80


def test_it_passes_the_guard_on_one_line(monkeypatch) -> None:
    """It returns to the start of its line, and starts no other."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", GuardedStream(stream, progress=True))
    with Machine(progress=True).bar(10, "measuring") as bar:
        bar.delay = 0
        bar.update(5)
        bar.refresh()

    assert "measuring" in stream.getvalue()
    assert "\n" not in stream.getvalue()


def test_a_quiet_machine_draws_nothing(capsys) -> None:
    with Machine(progress=False).bar(10, "measuring") as bar:
        bar.delay = 0
        bar.update(5)
        bar.refresh()

    assert capsys.readouterr().err == ""
