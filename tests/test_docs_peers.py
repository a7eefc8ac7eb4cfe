"""Each `yes` in docs/peers.md: of our column a thing that exists, of others a call that was run."""

from __future__ import annotations

import re
import shlex
from importlib import import_module
from pathlib import Path

import click
import pytest

import deri_gate
from deri_gate.cli.main import main
from deri_gate.metrics.catalogue import BUILT_IN
from deri_gate.reports.formats import format_names

PAGE = (Path(__file__).parents[1] / "docs" / "peers.md").read_text("utf-8")
TABLE = PAGE[PAGE.index("## Feature by feature") : PAGE.index("## What was seen")]
ROWS = [
    [cell.strip() for cell in line.removeprefix("|").removesuffix("|").split("|")]
    for line in TABLE.splitlines()
    if line.startswith("| ") and not line.startswith("| feature")
]
PEERS = TABLE.splitlines()[4].split("|")[4:-1]
RUN = PAGE[PAGE.index("## What was run") :]
COMMANDS = [row for row in ROWS if row[1] != "no"]


def test_the_table_is_whole() -> None:
    """Words that mean something, in every cell; gaps of our own are in it as well."""
    assert len(ROWS) > 20
    for row in ROWS:
        assert len(row) == 3 + len(PEERS), row
        assert row[1] in {"yes", "part", "no"}, row
        assert {*row[3:]} - {"yes", "part", "no", "yes*", "part*"} == set(), row
        assert bool(row[2]) == (row[1] != "no"), row
    assert [row for row in ROWS if row[1] == "no"]


def test_what_others_have_was_run_or_is_marked() -> None:
    """A call for each cell without a star, and no call for a cell that says no."""
    names = [name.strip() for name in PEERS]
    said = {
        (name, row[0])
        for row in ROWS
        for name, cell in zip(names, row[3:], strict=True)
        if cell in {"yes", "part"}
    }
    calls = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in RUN.splitlines()
        if line.startswith("| ") and not line.startswith("| tool")
    ]

    assert len(names) > 6
    assert {(tool, feature) for tool, feature, _, _ in calls} == said
    assert len(calls) == len(said)
    assert all("`" in call and seen for _, _, call, seen in calls)


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row[0])
def test_what_we_have_is_a_command_or_a_name(row) -> None:
    """Commands with options that they know, and metrics and formats that there are."""
    how = row[2].strip("`")
    if not how.startswith("deri-gate "):
        module, _, name = how.rpartition(".")
        assert hasattr(deri_gate, name) if module == "deri_gate" else import_module(how)
        return
    _, command_name, *words = shlex.split(how)
    command = main.get_command(click.Context(main), command_name)
    assert command is not None
    context = click.Context(command, info_name=command_name)
    command.parse_args(context, list(words))  # an unknown option or value is an error
    asked = re.search(r"--metrics ([\w,]+)", how)
    assert set(asked[1].split(",") if asked else ()) <= {metric.name for metric in BUILT_IN}
    form = re.search(r"--format (\w+)", how)
    assert form is None or form[1] in format_names()
