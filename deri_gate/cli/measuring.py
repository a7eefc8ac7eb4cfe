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
        help="Another encoder: a timm model, with weights from a local file if one is given.",
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
        help="What to measure; `data` is all without explanations.",
    ),
    click.option("--split", help="Which split to judge; train unless given."),
    name_option,
    seed_option,
    machine_options,
)
