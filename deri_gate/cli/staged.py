"""Option by which a stage of a pipeline names a dataset of its params.yaml."""

from __future__ import annotations

import click

from deri_gate.cli.path_name import PathName

params_option = click.option(
    "--params",
    type=PathName(dir_okay=False),
    metavar="FILE",
    help="Settings, such as params.yaml, that name the dataset: DVC must watch all of it.",
)
