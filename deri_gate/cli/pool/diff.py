"""`deri-gate pool diff`: what changed between two pools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

import deri_gate
from deri_gate.cli.pool.options import form_option, report_option
from deri_gate.reports.pool_text import pool_diff_as
from deri_gate.schemas.base import as_json

if TYPE_CHECKING:
    from pathlib import Path


@click.command("diff")
@click.argument("first", metavar="FIRST")
@click.argument("second", metavar="SECOND")
@report_option
@form_option
def pool_diff_command(
    first: str, second: str, *, out: Path | None, form: Literal["text", "markdown", "json"]
) -> None:
    """Compare pool FIRST with pool SECOND: datasets, centres, weights, scores.

    Each is a shipped pool's name, a folder, or a file.
    """
    difference = deri_gate.pool_diff(first, second, out=out)
    click.echo(as_json(difference) if form == "json" else pool_diff_as(form, difference), nl=False)
