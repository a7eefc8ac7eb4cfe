"""`deri-gate ci comment`: the reports, on the pull request."""

from __future__ import annotations

import os
from pathlib import Path

import click

from deri_gate.github.api import Hosting
from deri_gate.github.comment import comments_in, datasets_of, post, read_event, target_of


@click.command("comment")
@click.argument("reports", type=click.Path(path_type=Path))
@click.option(
    "--event",
    type=click.Path(path_type=Path),
    default=lambda: os.environ.get("GITHUB_EVENT_PATH", "event.json"),
    help="The event that started the workflow; $GITHUB_EVENT_PATH unless given.",
)
@click.option(
    "--datasets",
    help="Names that the job `changed` handed on; those of the base's settings unless given.",
)
def ci_comment_command(reports: Path, event: Path, datasets: str | None) -> None:
    """Write the reports in REPORTS to the pull request, a comment a dataset, edited in place."""
    hosting = Hosting.from_environment()
    target = target_of(read_event(event), hosting)
    if target is None:
        click.echo("there is no open pull request that this is about")
        return
    names = datasets_of(target, datasets, hosting)
    if not names:
        click.echo("the base's settings name no dataset: there is nothing to comment on")
    texts = comments_in(reports, names, trusted=target.trusted)
    for line in post(texts, target.number, hosting):
        click.echo(line)
