"""`deri-gate pool show`: who is in a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

import deri_gate
from deri_gate.cli.pool.options import form_option, pool_argument, report_option
from deri_gate.reports.pool_text import pool_as
from deri_gate.schemas.base import as_json

if TYPE_CHECKING:
    from pathlib import Path


@click.command("show")
@pool_argument
@report_option
@form_option
def pool_show_command(
    pool: str, *, out: Path | None, form: Literal["text", "markdown", "json"]
) -> None:
    """Tell who is in POOL, how its values spread, and what hangs on whom.

    POOL is a shipped pool's name, a folder, or a file.
    """
    report = deri_gate.pool_show(pool, out=out)
    click.echo(as_json(report) if form == "json" else pool_as(form, report), nl=False)
