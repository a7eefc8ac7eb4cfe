"""`deri-gate ci propose`: a pull request with what a workflow changed."""

from __future__ import annotations

import click

from deri_gate.commands.ci_propose import proposal_body
from deri_gate.github.api import Hosting
from deri_gate.github.commits import repo_root
from deri_gate.github.open_pull_request import propose_change


@click.command("propose")
@click.argument("paths", nargs=-1, required=True)
@click.option("--title", required=True, help="Title of the pull request.")
@click.option("--body", default="", help="Text of the pull request.")
@click.option(
    "--pools",
    default="",
    metavar="DIR",
    help="Folder of pools: the text says what changed in them, and who has to approve.",
)
@click.option(
    "--own-token",
    envvar="OWN_TOKEN",
    type=bool,
    default=True,
    show_envvar=True,
    help="False for the workflow's own token, with which no check starts.",
)
@click.option("--into", default="main", show_default=True, help="Branch to merge into.")
def ci_propose_command(
    paths: tuple[str, ...], *, title: str, body: str, pools: str, own_token: bool, into: str
) -> None:
    """Open a pull request with the changes at PATHS."""
    root = repo_root()
    more = proposal_body(pools, root, own_token=own_token) if pools else ""
    click.echo(
        propose_change(
            paths,
            title=title,
            body="\n\n".join(part for part in (body, more) if part),
            base=into,
            root=root,
            hosting=Hosting.from_environment(),
        )
    )
