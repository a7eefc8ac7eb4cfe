"""Options that the steps of `deri-gate ci` share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from deri_gate.cli.options import READING, reading_options, repo_option, together
from deri_gate.data.readers.options import ReadOptions
from deri_gate.errors import SettingError, first_fault
from deri_gate.github.settings import GateSettings

base_option = together(
    click.option(
        "--base",
        required=True,
        metavar="REVISION",
        help="Branch to merge into, such as origin/main.",
    ),
    repo_option,
)
given_options = together(
    click.option("--dataset", metavar="PATH", help="One dataset, instead of those in params.yaml."),
    click.option("--suite", metavar="PATH", help="With --dataset: limits, in the repository."),
    click.option("--change-suite", metavar="PATH", help="With --dataset: limits on the change."),
    click.option("--pool", default="standard", help="With --dataset: reference pool."),
    click.option("--metrics", default="all", help="With --dataset: all, data or names."),
    reading_options,
)


def settings_given(settings: dict[str, Any]) -> GateSettings | None:
    """Settings from options, None when params.yaml has them."""
    names = ("suite", "change_suite", "pool", "metrics")
    own = {name: settings.pop(name) or None for name in names}
    reading = {name: settings.pop(name) for name in READING}
    dataset = settings.pop("dataset")
    if not dataset:
        return None
    name = "".join(c if c.isalnum() and c.isascii() else "-" for c in Path(dataset).name).strip("-")
    try:
        return GateSettings(
            datasets={name or "dataset": dataset},
            reading={name or "dataset": ReadOptions.of(**reading)},
            **{key: value for key, value in own.items() if value is not None},
        )
    except ValidationError as error:
        what = first_fault(error)
        raise SettingError(what, "--dataset", "Name a path in the repository.") from error
