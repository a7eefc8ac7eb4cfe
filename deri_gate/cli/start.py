"""Entry point of the command line: Ctrl-C is answered as soon as Python has read this file."""

from __future__ import annotations

import sys


def launch() -> None:
    """Load the command line and run it; an interrupt while it loads is no traceback."""
    try:
        from deri_gate.cli.main import run  # noqa: PLC0415  # may be interrupted
    except KeyboardInterrupt:
        from deri_gate.runtime.interrupts import INTERRUPTED  # noqa: PLC0415  # not loaded before

        sys.stderr.write("deri-gate: interrupted. Nothing was begun.\n")
        sys.exit(INTERRUPTED)
    run()
