"""`deri-gate init`: pipeline, limits and workflow for a repository."""

from __future__ import annotations

from pathlib import Path

import click

import deri_gate


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path), default=".")
@click.option(
    "--dataset", metavar="PATH", default="data", show_default=True, help="Path of the dataset."
)
def init_command(folder: Path, dataset: str) -> None:
    """Add pipeline, parameters, limits and workflow to the repository FOLDER.

    Existing files stay as they are.
    """
    done = deri_gate.init(folder, dataset=dataset)
    for path in done.written:
        click.echo(f"wrote {path}")
    for path in done.left:
        click.echo(f"left as it is: {path}")
    click.echo(done.next_steps)
