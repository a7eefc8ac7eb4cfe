"""`deri-gate candidates`: a look at the candidates for a pool."""

from __future__ import annotations

from pathlib import Path

import click

import deri_gate
from deri_gate.cli.path_name import PathName
from deri_gate.runtime.counts import counted


@click.command("candidates")
@click.argument("names", nargs=-1)
@click.option(
    "--candidates",
    "params",
    type=PathName(dir_okay=False),
    metavar="FILE",
    default=Path("params.yaml"),
    show_default=True,
    help="File whose section `datasets` names them.",
)
@click.option("--out", type=PathName(), required=True, help="Folder for what was found.")
def candidates_command(names: tuple[str, ...], *, params: Path, out: Path) -> None:
    """Look at the candidates NAMES for a pool, by default all; nothing is trained.

    Without NAMES, left_out.json says who does not take part and why.
    """
    looked_at = deri_gate.candidates(params, out=out, names=names)
    for look in looked_at.looks:
        what = f"{counted(look.images, 'image')} in {look.classes} classes"
        click.echo(
            f"{look.name}: left out" if look.name in looked_at.left_out else f"{look.name}: {what}"
        )
    for name, why in (*looked_at.left_out.items(), *looked_at.notes.items()):
        click.echo(f"{name}: {why}", err=True)
