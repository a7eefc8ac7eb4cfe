"""Options that say by which definitions a dataset is measured."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Unpack

import click

from deri_gate.cli.completing import complete_metrics, complete_split
from deri_gate.cli.machine import device_options, machine_of
from deri_gate.cli.options import (
    gathered,
    read_options,
    repo_option,
    seed_option,
    together,
)
from deri_gate.metrics.profile import PROFILES, STANDARD

if TYPE_CHECKING:
    from deri_gate.cli.options import Option
    from deri_gate.commands.measure import MeasuringKeys
    from deri_gate.runtime.device import Device
    from deri_gate.runtime.engine import EngineName


def measuring_keys(
    *,
    device: Device,
    engine: EngineName,
    work: str,
    workers: int,
    progress: bool | None,
    **others: Unpack[MeasuringKeys],
) -> MeasuringKeys:
    """The keywords of a library function; how to compute becomes one record."""
    machine = machine_of(
        device=device, engine=engine, work=work, workers=workers, progress=progress
    )
    return {**others, "machine": machine}


def without_bars(measuring: MeasuringKeys) -> MeasuringKeys:
    """The keywords for a run that draws no progress bars."""
    return {**measuring, "machine": replace(measuring["machine"], progress=False)}


def quiet_option(shown: str) -> Option:
    """The option `-q` of a command that measures; the text says what is still shown."""
    return click.option("-q", "--quiet", is_flag=True, help=f"Show {shown}, no progress bars.")


profile_option = click.option(
    "--profile",
    type=click.Choice([*PROFILES]),
    default=STANDARD.name,
    show_default=True,
    help="Set of definitions, encoder and probe.",
)
metrics_option = click.option(
    "--metrics",
    shell_complete=complete_metrics,
    default="all",
    show_default=True,
    metavar="all|data|NAME,...",
    help="Metrics to measure; `data`: all but explanations. `deri-gate plugins` has the names.",
)
_profile_options = (
    profile_option,
    click.option(
        "--encoder",
        metavar="NAME[=FILE]",
        help="Other encoder: a timm model, optionally with weights from a local file.",
    ),
)
profile_options = together(*_profile_options)
_definition_options = (
    repo_option,
    *read_options,
    *_profile_options,
    metrics_option,
    click.option("--split", shell_complete=complete_split, help="Split to judge. Default: train."),
    seed_option,
)
_review_option = click.option(
    "--review",
    metavar="CSV",
    help="Decisions on suspects, as `deri-gate review` writes them.",
)
listing_options = gathered("measuring", measuring_keys, *_definition_options, *device_options)
measuring_options = gathered(
    "measuring", measuring_keys, *_definition_options, _review_option, *device_options
)
