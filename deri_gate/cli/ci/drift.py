"""`deri-gate ci drift`: incoming images against the datasets that they are to join."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from deri_gate import commands
from deri_gate.cli.ci.printing import show_and_stop
from deri_gate.cli.machine import machine_options
from deri_gate.cli.options import out_option, repo_option
from deri_gate.gate import loaded_ahead
from deri_gate.reports.github import command
from deri_gate.runtime.output import annotate

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.runtime.engine import Machine


@click.command("drift")
@out_option
@click.option(
    "--history-branch",
    "branch",
    metavar="BRANCH",
    default="",
    help="Branch of the remote that keeps the histories. Default: none, they stay in --out.",
)
@repo_option
@machine_options
def ci_drift_command(*, out: Path, branch: str, machine: Machine) -> None:
    """Compare incoming batches, of `gate.drift` or `drift`, with their datasets."""
    with loaded_ahead():
        done = commands.drift.drift_all(out=out, machine=machine, branch=branch)
    if not done:
        said = "params.yaml names nothing under gate.drift or drift: no batch was compared"
        click.echo(said)
        if os.environ.get("GITHUB_ACTIONS"):
            annotate((command("warning", "drift", said, file="params.yaml"),))
    show_and_stop(done, out)
