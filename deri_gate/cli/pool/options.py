"""Options of the commands on pools."""

from __future__ import annotations

from pathlib import Path

import click

from deri_gate.cli.completing import complete_pool

pool_argument = click.argument("pool", metavar="POOL", shell_complete=complete_pool)
report_option = click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for the page and the JSON file. Not written by default.",
)
form_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="Form of what is printed.",
)
