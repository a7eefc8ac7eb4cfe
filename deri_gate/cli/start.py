"""Entry point of the command line: Ctrl-C is answered from the first import on."""

from __future__ import annotations

import sys

from deri_gate.runtime.interrupts import INTERRUPTED


def launch() -> None:
    """Load the command line and run it; an interrupt while it loads is no traceback."""
    try:
        from deri_gate.cli.main import run  # noqa: PLC0415  # may be interrupted
    except KeyboardInterrupt:
        sys.stderr.write("deri-gate: interrupted. Nothing was begun.\n")
        sys.exit(INTERRUPTED)
    run()
