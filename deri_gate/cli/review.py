"""`deri-gate review`: suspects to decide on."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate.cli.measuring import listing_options, quiet_option, without_bars
from deri_gate.cli.path_name import PathName
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from deri_gate.commands.measure import MeasuringKeys
    from deri_gate.commands.review import Reviewed


@click.command("review")
@click.argument("dataset")
@click.option(
    "--cases",
    type=PathName(dir_okay=False),
    default="review.csv",
    show_default=True,
    help="List of cases, read if it is there, and written.",
)
@click.option(
    "--apply",
    type=PathName(dir_okay=False),
    metavar="CSV",
    help="Manifest to write, without dropped images and with new labels.",
)
@listing_options
@quiet_option("number of cases alone")
def review_command(
    dataset: str, *, cases: Path, apply: Path | None, measuring: MeasuringKeys, quiet: bool
) -> None:
    """List the suspects of DATASET to decide on; apply decisions to a manifest.

    Fill in decision (accept, relabel, drop), label, who, when and why. Then run `check --review`:
    accepted cases no longer count, for that content, until the date if one is given.
    """
    keys = without_bars(measuring) if quiet else measuring
    done = deri_gate.review(dataset, cases=cases, apply=apply, **keys)
    stale = f", {done.stale} on content that is not there any more" if done.stale else ""
    ended = f" ({done.ended} accepted until a day that has passed)" if done.ended else ""
    click.echo(f"{counted(len(done.cases), 'case')}, {done.open} open{ended}{stale}: {cases}")
    if not quiet:
        _say_next(done, cases, apply, measuring.get("root") or _folder_of(dataset))


def _say_next(done: Reviewed, cases: Path, apply: Path | None, root: str | Path | None) -> None:
    """Print what to do with the decisions, and with the manifest that they made."""
    if done.open and apply is None:
        click.echo("next: fill in decision, who, when and why, then `deri-gate check --review`")
    changing = sum(case.decision in ("drop", "relabel") for case in done.cases)
    if changing and apply is None:
        click.echo(f"{changing} to drop or relabel: nothing changes before --apply")
    if apply is not None and done.written is not None:
        click.echo(f"{counted(done.written, 'image')}: {apply}")
        dropped = any(case.decision == "drop" for case in done.cases)
        if dropped and cases.resolve().parent != apply.resolve().parent:
            click.echo(f"Keep {cases.name} there: a dropped image that no list names has no label.")
        if root is not None and Path(root).resolve() != apply.resolve().parent:
            command = shlex.join(["deri-gate", "check", str(apply), "--root", str(root)])
            click.echo(f"Its paths begin in {root}: {command}")


def _folder_of(dataset: str) -> Path | None:
    """Folder in which the paths of a dataset begin; None where it is no file or folder here."""
    path = Path(dataset)
    return (path if path.is_dir() else path.parent) if path.exists() else None
