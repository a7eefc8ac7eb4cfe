"""`deri-gate limits`: the limits that go with a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate.cli.choosing import choice_options
from deri_gate.cli.path_name import PathName
from deri_gate.runtime.figures import number
from deri_gate.schemas.suite import FALSE_ALARMS

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.cli.choosing import Choice
    from deri_gate.gate.following import LimitChange


@click.command("limits")
@click.argument("metrics_json", nargs=-1, required=True)
@choice_options
@click.option("--pool", required=True, metavar="POOL", help="Reference pool: a folder or file.")
@click.option(
    "--out",
    type=PathName(),
    required=True,
    help="Folder for the suites; `check --pool FOLDER` looks in FOLDER/expectations.",
)
@click.option(
    "--suite",
    "suites",
    multiple=True,
    metavar="SUITE",
    help="Earlier suite: a shipped one's name or a file. Repeatable. Default: both shipped ones.",
)
@click.option(
    "--false-alarms",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=FALSE_ALARMS,
    show_default=True,
    help="Probability that another draw of a member crosses a warning; a tenth of it to fail.",
)
@click.option("--force", is_flag=True, help="Replace suites in --out that say something else.")
def limits_command(
    metrics_json: tuple[str, ...],
    *,
    choice: Choice,
    pool: str,
    out: Path,
    suites: tuple[str, ...],
    false_alarms: float,
    force: bool,
) -> None:
    """Propose limits for POOL from its members' METRICS_JSON, one file per dataset."""
    written = deri_gate.limits(
        choice.files(metrics_json),
        pool=pool,
        out=out,
        suites=suites,
        false_alarms=false_alarms,
        force=force,
    )
    for suite in written:
        click.echo(suite.path)
        for change in suite.changes:
            if change.old != change.new or change.crossed_by:
                click.echo(f"  {_said(change)}")


def _said(change: LimitChange) -> str:
    """A limit that moved, or one that stays and that members miss."""
    new = "left out" if change.new is None else number(change.new)
    old = "none" if change.old is None else number(change.old)
    what = change.metric if "subscore" not in change.kind else f"subscore of {change.metric}"
    if change.crossed_by:
        return f"{what} stays at {old}, which {', '.join(change.crossed_by)} misses"
    return f"{what}: {old} -> {new} ({change.severity})"
