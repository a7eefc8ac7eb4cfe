"""`deri-gate ci propose`: a pull request with what a workflow changed."""

from __future__ import annotations

import click

from deri_gate.github.api import Hosting
from deri_gate.github.commits import repo_root
from deri_gate.github.open_pull_request import propose_change


@click.command("propose")
@click.argument("paths", nargs=-1, required=True)
@click.option("--title", required=True, help="Title of the pull request.")
@click.option("--body", default="", help="Title of the pull request.")
@click.option("--into", default="main", show_default=True, help="Branch to merge into.")
def ci_propose_command(paths: tuple[str, ...], *, title: str, body: str, into: str) -> None:
    """Open a pull request with the changes at PATHS."""
    click.echo(
        propose_change(
            paths,
            title=title,
            body=body,
            base=into,
            root=repo_root(),
            hosting=Hosting.from_environment(),
        )
    )
