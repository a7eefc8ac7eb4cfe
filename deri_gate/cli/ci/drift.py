"""`deri-gate ci drift`: incoming images against the datasets that they are to join."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from deri_gate import commands
from deri_gate.cli.ci.printing import show_and_stop
from deri_gate.cli.options import machine_options, out_option, repo_option, with_machine
from deri_gate.gate import loaded_ahead

if TYPE_CHECKING:
    from pathlib import Path


@click.command("drift")
@out_option
@repo_option
@machine_options
def ci_drift_command(out: Path, **settings: Any) -> None:
    """Compare the incoming batches of `gate.drift` with their datasets."""
    with loaded_ahead():
        done = commands.drift.drift_all(out=out, **with_machine(settings))
    if not done:
        click.echo("params.yaml names nothing under gate.drift")
    show_and_stop(done)
