"""Options that travel as one record."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from deri_gate.cli.lazy import LazyGroup
from deri_gate.cli.main import main
from deri_gate.cli.options import gathered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Size:
    """Two options."""

    width: int
    height: int


@click.command()
@click.argument("name")
@click.option("--loud", is_flag=True)
@gathered(
    "size",
    Size,
    click.option("--width", type=int, default=1),
    click.option("--height", type=int, default=2),
    click.option("--aside", expose_value=False),
)
@click.option("--last", default="x")
def draw(name: str, *, loud: bool, size: Size, last: str) -> None:
    """Draw."""
    click.echo(f"{name} {loud} {size} {last}")


def test_several_options_are_one_argument() -> None:
    """The others stay as they are, and help shows all in the order of the decorators."""
    said = CliRunner().invoke(draw, ["a", "--height", "5", "--last", "z"]).output
    shown = CliRunner().invoke(draw, ["--help"]).output

    assert said == "a False Size(width=1, height=5) z\n"
    places = [shown.index(f"--{name}") for name in ("loud", "width", "height", "aside", "last")]
    assert places == sorted(places)


def commands(group: LazyGroup, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command, with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, LazyGroup):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


@pytest.mark.parametrize(
    ("words", "command"), [pytest.param(w, c, id=w) for w, c in commands(main)]
)
def test_every_argument_of_a_command_is_named_and_typed(words: str, command: click.Command) -> None:
    """No bundle of unknown settings: a reader of the signature knows what a command takes."""
    parameters = inspect.signature(inspect.unwrap(command.callback)).parameters.values()
    kinds = {parameter.kind for parameter in parameters}

    assert not kinds & {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}, words
    assert all(parameter.annotation != "Any" for parameter in parameters)


def _paths() -> list[tuple[str, str, click.Option]]:
    """Words of a command, and each of its options that is a path."""
    return [
        (words, option.opts[0], option)
        for words, command in commands(main)
        for option in command.params
        if isinstance(option, click.Option) and isinstance(option.type, click.Path)
    ]


@pytest.mark.parametrize("blank", ["", " "])
def test_a_path_has_a_name(blank: str) -> None:
    """An empty variable of a shell (`--out "$OUT"`) is not the folder in which one happens to be."""
    said = {}
    for words, name, option in (paths := _paths()):
        try:
            said[words, name] = option.type.convert(blank, option, click.Context(main))
        except Exception as error:  # noqa: BLE001 - of another kind, it is told with its case
            said[words, name] = str(error)

    assert said == dict.fromkeys(said, "it is empty; name a file or folder")
    assert {"check", "variants", "pool draw"} <= {words for words, _, _ in paths}


@pytest.mark.parametrize("words", [["check", "."], ["variants", "."], ["init"]])
def test_nothing_is_written_for_an_empty_word(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen from the shell, with a message that names the option."""
    monkeypatch.chdir(tmp_path)
    last = [""] if words == ["init"] else ["--out", ""]

    result = CliRunner().invoke(main, [*words, *last])

    assert result.exit_code == 2
    assert "it is empty; name a file or folder" in result.output
    assert not list(tmp_path.iterdir())
