"""Option by which a stage of a pipeline names a dataset of its params.yaml."""

from __future__ import annotations

from pathlib import Path

import click

params_option = click.option(
    "--params",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Settings, such as params.yaml, that name the dataset: DVC must watch all of it.",
)
