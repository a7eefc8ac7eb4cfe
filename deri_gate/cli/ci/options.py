"""Options that the steps of `deri-gate ci` share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import click
from pydantic import ValidationError

from deri_gate.cli.options import gathered, read_options, repo_option, together
from deri_gate.data.readers.options import ReadOptions
from deri_gate.errors import SettingError, first_fault
from deri_gate.github.dataset_name import name_of_path
from deri_gate.github.settings import GateSettings

if TYPE_CHECKING:
    from deri_gate.data.readers.options import ReadKeys

base_option = together(
    click.option(
        "--base",
        required=True,
        metavar="REVISION",
        help="Branch to merge into, such as origin/main.",
    ),
    repo_option,
)


def settings_given(
    *,
    dataset: str | None,
    suite: str | None,
    change_suite: str | None,
    pool: str,
    metrics: str,
    **reading: Unpack[ReadKeys],
) -> GateSettings | None:
    """Settings from options, None when params.yaml has them."""
    if not dataset:
        return None
    name = name_of_path(dataset)
    own = {"suite": suite, "change_suite": change_suite, "pool": pool, "metrics": metrics}
    given = {key: value for key, value in own.items() if value}
    described = {name: ReadOptions.of(**reading)}
    try:
        return GateSettings.model_validate(
            {"datasets": {name: dataset}, "reading": described, **given}
        )
    except ValidationError as error:
        what = first_fault(error)
        raise SettingError(what, "--dataset", "Name a path in the repository.") from error


given_options = gathered(
    "given",
    settings_given,
    click.option("--dataset", metavar="PATH", help="One dataset, instead of those in params.yaml."),
    click.option("--suite", metavar="PATH", help="With --dataset: limits, in the repository."),
    click.option("--change-suite", metavar="PATH", help="With --dataset: limits on the change."),
    click.option("--pool", default="", help="With --dataset: pool; that of the profile if none."),
    click.option("--metrics", default="all", help="With --dataset: all, data or names."),
    *read_options,
)
