"""Options that say by which definitions a dataset is measured."""

from __future__ import annotations

import click

from deri_gate.cli.options import (
    machine_options,
    name_option,
    reading_options,
    repo_option,
    seed_option,
    together,
)
from deri_gate.metrics.profile import PROFILES, STANDARD

profile_options = together(
    click.option(
        "--profile",
        type=click.Choice([*PROFILES]),
        default=STANDARD.name,
        show_default=True,
        help="Set of definitions, encoder and probe.",
    ),
    click.option(
        "--encoder",
        metavar="NAME[=FILE]",
        help="Other encoder: a timm model, optionally with weights from a local file.",
    ),
)
measuring_options = together(
    repo_option,
    reading_options,
    profile_options,
    click.option(
        "--metrics",
        default="all",
        show_default=True,
        metavar="all|data|NAME,...",
        help="Metrics to measure; `data`: all but explanations.",
    ),
    click.option("--split", help="Split to judge. Default: train."),
    name_option,
    seed_option,
    machine_options,
)
