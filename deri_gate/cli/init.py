"""`deri-gate init`: pipeline, limits and workflow for a repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate.cli.path_name import PathName
from deri_gate.commands.init import FILES, HOSTED

if TYPE_CHECKING:
    from pathlib import Path


@click.command("init")
@click.argument("folder", type=PathName(), default=".")
@click.option(
    "--dataset",
    metavar="PATH",
    help="Path of the dataset. Default: the only one that DVC keeps in data, else data, else the "
    "only one elsewhere.",
)
@click.option(
    "--source",
    default="",
    metavar="index|VERSION|GIT|WHEEL",
    help="Source of deri-gate in a workflow. Default: that of this one.",
)
@click.option(
    "--runner",
    default=HOSTED,
    show_default=True,
    metavar="LABEL,...",
    help="Runner that judges, such as self-hosted,gpu.",
)
@click.option(
    "--ci",
    type=click.Choice(list(FILES)),
    default="github",
    show_default=True,
    help="Service whose workflows are written.",
)
@click.option(
    "--pool",
    metavar="NAME",
    default="",
    help="Also the pipeline that makes this pool of your own datasets; --dataset is their folder.",
)
@click.option(
    "--candidate",
    "candidates",
    multiple=True,
    metavar="[NAME=]PATH",
    help="With --pool: a dataset in that folder. Repeatable. Default: every folder and .npz in it.",
)
@click.option("--owner", default="", metavar="@TEAM", help="Owner of the policy, for CODEOWNERS.")
def init_command(
    folder: Path,
    *,
    dataset: str | None,
    source: str,
    runner: str,
    ci: str,
    pool: str,
    candidates: tuple[str, ...],
    owner: str,
) -> None:
    """Add pipeline, parameters, limits and workflow to the repository FOLDER.

    Existing files stay as they are; with --pool, a params.yaml gets the sections that it lacks.
    """
    done = deri_gate.init(
        folder,
        dataset=dataset,
        source=source,
        runner=runner,
        ci=ci,
        owner=owner,
        pool=pool,
        candidates=candidates,
    )
    for path in done.written:
        click.echo(f"wrote {path}")
    for path in done.left:
        click.echo(f"left as it is: {path}")
    for note in done.notes:
        click.echo(f"note: {note}")
    click.echo(done.next_steps)
