"""`deri-gate ci comment`: the reports, on the pull request."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from deri_gate.cli.path_name import PathName
from deri_gate.github.api import Hosting
from deri_gate.github.comment import (
    comments_in,
    comments_without_report,
    datasets_of,
    given_names,
    post,
    read_event,
    target_of,
)
from deri_gate.github.gitlab import MergeRequest, in_gitlab
from deri_gate.github.reports import names_below

if TYPE_CHECKING:
    from pathlib import Path

NOTHING = "the base's settings name no dataset: there is nothing to comment on"


@click.command("comment")
@click.argument("reports", type=PathName())
@click.option(
    "--event",
    type=PathName(),
    default=lambda: os.environ.get("GITHUB_EVENT_PATH", "event.json"),
    help="Event that started the workflow. Default: $GITHUB_EVENT_PATH.",
)
@click.option(
    "--datasets",
    help="Names from the job `changed`. Default: those in the settings of the base.",
)
@click.option("--dry-run", is_flag=True, help="Print the comments, and write them nowhere.")
def ci_comment_command(reports: Path, event: Path, datasets: str | None, *, dry_run: bool) -> None:
    """Write REPORTS to the pull or merge request: one comment per dataset, edited in place."""
    if dry_run:
        names = given_names(datasets) if datasets is not None else names_below(reports)
        for text in comments_in(reports, names, trusted=True).values():
            click.echo(text)
        return
    for line in _on_gitlab(reports) if in_gitlab() else _on_github(reports, event, datasets):
        click.echo(line)


def _on_gitlab(reports: Path) -> list[str]:
    request = MergeRequest.from_environment()
    commit = os.environ.get("CI_COMMIT_SHA", "")
    names = request.datasets()
    texts = comments_in(reports, names, trusted=request.trusted, commit=commit)
    return request.post(texts) or [NOTHING]


def _on_github(reports: Path, event: Path, datasets: str | None) -> list[str]:
    hosting = Hosting.from_environment()
    target = target_of(read_event(event), hosting)
    if target is None:
        return ["there is no open pull request that this is about"]
    names = datasets_of(target, datasets, hosting)
    given = datasets is not None and target.trusted  # then each of them has been judged
    texts = dict[str, str]()
    if reports.exists() or not (given or target.failed):
        texts = comments_in(reports, names, trusted=target.trusted, commit=target.commit)
    lost = [name for name in names if name not in texts] if given or target.failed else []
    none = comments_without_report(lost, target.commit)
    return [
        *([] if names else [NOTHING]),
        *post(texts, target.number, hosting),
        *post(none, target.number, hosting, only_over=not given),
    ]
