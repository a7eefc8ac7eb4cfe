"""`python -m deri_gate` is the command `deri-gate`, where that is not on the search path."""

from __future__ import annotations

from deri_gate.cli.start import launch

if __name__ == "__main__":  # and not in the workers that a run starts
    launch()
