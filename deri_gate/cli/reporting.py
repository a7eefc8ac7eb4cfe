"""Options on the report of `check` and `compare`."""

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

if TYPE_CHECKING:
    from pathlib import Path


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
