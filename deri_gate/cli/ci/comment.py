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
    help="Event that started the workflow. Default: $GITHUB_EVENT_PATH.",
)
@click.option(
    "--datasets",
    help="Names from the job `changed`. Default: those in the settings of the base.",
)
def ci_comment_command(reports: Path, event: Path, datasets: str | None) -> None:
    """Write REPORTS to the pull request: one comment per dataset, edited in place."""
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
