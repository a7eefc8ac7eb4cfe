"""Options of the commands on pools."""

from __future__ import annotations

import click

from deri_gate.cli.completing import complete_pool
from deri_gate.cli.path_name import PathName

pool_argument = click.argument("pool", metavar="POOL", shell_complete=complete_pool)
report_option = click.option(
    "--out",
    type=PathName(),
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
