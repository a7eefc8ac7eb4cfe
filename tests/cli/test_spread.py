"""Lists of params.yaml reach a command whether DVC repeats the option or not."""

from __future__ import annotations

import click
import pytest

from deri_gate.cli.main import main
from deri_gate.cli.spread import spread

STAGE = ["--candidates", "params.yaml"]


def parsed(name: str, words: list[str]) -> dict[str, object]:
    """The words as click hands them to the program."""
    context = click.Context(main)
    _, command, rest = main.resolve_command(context, [name, *words])
    with command.make_context(name, list(rest)) as made:
        return made.params


@pytest.mark.parametrize(
    ("name", "first", "option", "values"),
    [
        ("properties", [], "--size", ["30", "60"]),
        ("sensitivity", [], "--level", ["mild", "strong"]),
        ("detection", [], "--group", ["sharpness", "label_noise", "imbalance"]),
        ("variants", ["cells"], "--level", ["mild", "medium"]),
        ("probe", ["cells"], "--architecture", ["linear", "resnet18"]),
        ("probe", ["cells"], "--group", ["sharpness"]),
    ],
)
def test_a_list_is_read_in_both_ways_in_which_dvc_writes_it(name, first, option, values) -> None:
    """`parsing.list: nargs`, which is DVC's default, and `append`."""
    out = ["--out", "x"]
    plain = [*first, *STAGE, option, *values, *out]
    repeated = [*first, *STAGE, *(w for value in values for w in (option, value)), *out]

    assert parsed(name, plain) == parsed(name, repeated)
    assert spread(main.get_command(click.Context(main), name), repeated) == repeated


def test_outside_of_a_pipeline_a_second_value_is_a_dataset() -> None:
    """As it always was: what follows an option's value is an argument."""
    words = ["--level", "mild", "cells"]
    assert spread(main.get_command(click.Context(main), "sensitivity"), words) == words
