"""Entry point of the command line: Ctrl-C is answered as soon as Python has read this file."""

from __future__ import annotations

import sys


def launch() -> None:
    """Load the command line and run it; what stops that is one line, and no failed dataset."""
    try:
        from deri_gate.cli.main import run  # noqa: PLC0415  # may be interrupted
    except KeyboardInterrupt:
        from deri_gate.runtime.interrupts import INTERRUPTED  # noqa: PLC0415  # not loaded before

        sys.stderr.write("deri-gate: interrupted. Nothing was begun.\n")
        sys.exit(INTERRUPTED)
    except Exception as error:  # noqa: BLE001  # Python would end with 1: the gate failed
        said = " ".join(f"{type(error).__name__}: {error}".split())
        sys.stderr.write(
            f"deri-gate: it could not be loaded ({said}). Install it again; under a limit of "
            "memory or of threads, raise that.\n"
        )
        sys.exit(2)  # NOT_JUDGED, of a module that may not be loaded either
    run()
