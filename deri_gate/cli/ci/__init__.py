"""`deri-gate ci`: the steps of the workflow on a pull request."""

from __future__ import annotations

import click

from deri_gate.cli.lazy import LazyGroup, ListedCommand

STEPS = (
    ListedCommand("changed", "Name the datasets a pull request touches."),
    ListedCommand("policy", "Write suite and pool of the base."),
    ListedCommand("fetch", "Get the files that DVC tracks."),
    ListedCommand("check", "Judge the touched datasets."),
    ListedCommand("image", "Build the image of the isolated judge."),
    ListedCommand("comment", "Write the reports to the pull request."),
    ListedCommand("verdict", "Pass if every touched dataset passed."),
    ListedCommand("propose", "Open a pull request with changed files."),
    ListedCommand("drift", "Compare incoming images with their dataset."),
)


@click.group("ci", cls=LazyGroup, package="deri_gate.cli.ci", prefix="ci_", entries=STEPS)
def ci_command() -> None:
    """Run the steps of the pull request workflow; see docs/pull-requests.md."""
