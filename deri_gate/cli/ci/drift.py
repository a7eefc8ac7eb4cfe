"""`deri-gate ci drift`: incoming images against the datasets that they are to join."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deri_gate import commands
from deri_gate.cli.ci.printing import show_and_stop
from deri_gate.cli.machine import machine_options
from deri_gate.cli.options import out_option, repo_option
from deri_gate.gate import loaded_ahead

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.runtime.engine import Machine


@click.command("drift")
@out_option
@repo_option
@machine_options
def ci_drift_command(*, out: Path, machine: Machine) -> None:
    """Compare the incoming batches of `gate.drift` with their datasets."""
    with loaded_ahead():
        done = commands.drift.drift_all(out=out, machine=machine)
    if not done:
        click.echo("params.yaml names nothing under gate.drift")
    show_and_stop(done)
