"""Ctrl-C and SIGTERM in each phase of a check: their status within two seconds, and what is kept is said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.cli.test_main import write_photos
from tests.sweeps import sampled

SECONDS = 2.0
# The phase is entered and does not end by itself; it is interrupted a tenth of a second later.
CODE = """
import os, signal, sys, threading, time
from importlib import import_module

number, module, name, *words = sys.argv[1:]
*way, last = name.split(".")
owner = import_module(module)
for part in way:
    owner = getattr(owner, part)
original, begun = getattr(owner, last), threading.Event()

def interrupt():
    time.sleep(0.1)
    sys.stderr.write(f"sent {time.monotonic()}\\n")
    os.kill(os.getpid(), int(number))

def again(*arguments, **named):
    if not begun.is_set():
        begun.set()
        threading.Thread(target=interrupt, daemon=True).start()
    while True:
        original(*arguments, **named)

setattr(owner, last, again)
sys.argv = ["deri-gate", *words]
from deri_gate.cli.start import launch
launch()
"""
PHASES = {
    "open": ("deri_gate.commands.measure", "Measuring.opened"),
    "decode": ("deri_gate.features.chunk_scan", "ChunkScan.__call__"),
    "encode": ("deri_gate.features.encoder", "Encoder.embed"),
    "metrics": ("deri_gate.measuring.measure", "_answer"),
    "judge": ("deri_gate.commands.check", "_judged"),
    "pictures": ("deri_gate.reports.outlet", "gallery_of"),
    "report": ("deri_gate.reports.outlet", "write_report"),
}
QUICK = ("decode",)  # the others load as much again, one by one
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent another way")


@pytest.mark.parametrize(
    "phase", [one if one in QUICK else pytest.param(one, marks=pytest.mark.slow) for one in PHASES]
)
@pytest.mark.parametrize("sent", sampled([signal.SIGINT, signal.SIGTERM]))
def test_an_interrupt_is_answered(tmp_path, phase, sent) -> None:
    """Whatever the phase does meanwhile; nothing holds its pipes any longer, and no verdict lies."""
    photos = write_photos(tmp_path / "photos", 14)
    words = ("check", photos, "--metrics", "sharpness", "--out", tmp_path / "out")
    words = words if phase != "encode" else (*words[:3], "diversity", *words[4:])
    code, cache = ("-c", CODE, str(int(sent)), *PHASES[phase]), str(tmp_path / "cache")
    done = subprocess.run(
        [sys.executable, *code, *map(str, words)], check=False, capture_output=True, text=True,
        timeout=120, env={**os.environ, "DERI_GATE_CACHE": cache}, cwd=tmp_path,
    )  # fmt: skip
    ended = time.monotonic()  # the same clock, as all processes of a machine have one

    told = done.stderr.splitlines()
    begun = next(float(line.split()[1]) for line in told if line.startswith("sent "))
    assert done.returncode == 128 + sent
    assert ended - begun < SECONDS
    assert done.stderr.count("deri-gate: interrupted. No verdict was reached.") == 1
    assert f"kept in {cache}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out" / "scores.json").exists()
