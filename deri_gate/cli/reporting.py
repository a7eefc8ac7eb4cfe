"""Options of `check` and `compare`: the dataset of a pipeline, and the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import click

from deri_gate.cli.options import (
    gathered,
    name_option,
    out_option,
    pictures_option,
    plots_option,
    pool_option,
    weights_option,
)
from deri_gate.cli.path_name import PathName

if TYPE_CHECKING:
    from pathlib import Path


params_option = click.option(
    "--params",
    type=PathName(dir_okay=False),
    metavar="FILE",
    help="Settings that name datasets, such as params.yaml: the argument is one of these names. "
    "DVC must watch all that is read.",
)


class ReportKeys(TypedDict):
    """Keywords on the report of `check` and `compare`, as these describe them."""

    out: Path
    pool: str
    weights: str
    name: str | None
    pictures: str | None
    plots: bool
    projection: str


reporting_options = gathered(
    "reporting",
    ReportKeys,
    out_option,
    pool_option,
    weights_option,
    name_option,
    pictures_option,
    plots_option,
    click.option(
        "--projection",
        type=click.Choice(["pca", "umap"]),
        default="pca",
        show_default=True,
        help="Layout of the map of the images; `umap` needs the extra of this name.",
    ),
)
