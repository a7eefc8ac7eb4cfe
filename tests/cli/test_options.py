"""Options that travel as one record."""

from __future__ import annotations

import inspect
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import click
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from deri_gate.cli.lazy import LazyGroup
from deri_gate.cli.main import COMMANDS, JUDGE, main
from deri_gate.cli.options import gathered
from deri_gate.runtime.engine import Machine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tqdm import tqdm


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    """Two classes of thirty pictures of noise."""
    generator = np.random.default_rng(7)
    for number in range(60):
        path = tmp_path / "set" / "ab"[number % 2] / f"{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        level = 0 if number == 8 else 90  # one is dark: a suspect
        Image.fromarray(generator.integers(level, level + 60, (32, 32), np.uint8)).save(path)
    return tmp_path / "set"


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


def test_every_command_that_judges_with_bars_has_a_quiet_option() -> None:
    """What holds for `check` holds for the commands beside it."""
    judging = {listed.name for listed in COMMANDS if listed.section == JUDGE}
    options = {
        words: {name for parameter in command.params for name in parameter.opts}
        for words, command in commands(main)
        if words in judging
    }
    drawing = {words for words, names in options.items() if "--progress" in names}

    assert drawing == {"check", "compare", "measure", "review"}
    assert {words for words in drawing if not {"-q", "--quiet"} <= options[words]} == set()


@pytest.mark.parametrize(("words", "lines"), [(("measure",), 0), (("review",), 1)])
def test_quiet_leaves_files_the_count_of_cases_and_no_bars(
    words: tuple[str, ...], lines: int, noise: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it there is more to read; bars that were asked for are not drawn either."""
    monkeypatch.chdir(noise.parent)
    given = [*words, noise.name, "--metrics", "exposure", "--progress"]

    drawn: list[bool | None] = []  # whether each bar was to be drawn
    bar = Machine.bar

    def noted(self: Machine, total: int, title: str, unit: str = "image") -> tqdm[NoReturn]:
        drawn.append(self.progress)
        return bar(self, total, title, unit)

    monkeypatch.setattr(Machine, "bar", noted)

    loud, loud_bars = CliRunner().invoke(main, given), set(drawn)
    drawn.clear()
    quiet, quiet_bars = CliRunner().invoke(main, [*given, "--quiet"]), set(drawn)

    assert (loud.exit_code, quiet.exit_code) == (0, 0)
    assert len(loud.stdout.splitlines()) > lines
    assert len(quiet.stdout.splitlines()) == lines
    assert (loud_bars, quiet_bars) == ({True}, {False})


def test_quiet_keeps_the_reasons_to_which_an_error_points(
    noise: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`no metric could be measured ... See the reasons above.` has reasons above."""
    monkeypatch.chdir(noise.parent)
    shutil.rmtree(noise / "b")
    given = ["measure", noise.name, "--metrics", "separation", "--quiet"]

    said = CliRunner().invoke(main, given)

    assert "no metric could be measured" in str(said.exception)
    assert "separation" in said.stdout
