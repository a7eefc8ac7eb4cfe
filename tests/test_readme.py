"""The README, the help and the changelog tell the truth."""

import re
from pathlib import Path

import click
import pytest

import deri_gate
from deri_gate.cli.main import main
from deri_gate.data.readers.options import MappingKeys
from deri_gate.reports.formats import BUILT_IN
from deri_gate.reports.metric_table import metric_table

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def command_named(name: str) -> click.Command:
    """The command itself: the group's own list holds names and short helps alone."""
    command = main.get_command(click.Context(main), name)
    assert command is not None
    return command


def test_the_metric_table_is_that_of_the_code() -> None:
    """It is generated: `python -m deri_gate.reports.metric_table`."""
    assert metric_table() in README


def test_every_command_is_in_the_readme() -> None:
    """A command nobody is told of does not exist."""
    assert [name for name in main.commands if f"deri-gate {name}" not in README] == []


def test_the_readme_names_no_command_that_is_not_there() -> None:
    """Those in code blocks and code spans, which readers type."""
    named = set(re.findall(r"(?:^|`|\$ )deri-gate ([a-z]+)", README, flags=re.MULTILINE))

    assert named <= set(main.commands)


def test_every_option_in_the_readme_exists() -> None:
    """An option that was renamed must be renamed there too."""
    params = [param for name in main.commands for param in command_named(name).params]
    known = {opt for param in params for opt in (*param.opts, *param.secondary_opts)}
    lines = [line for line in README.splitlines() if "deri-gate " in line]
    used = {opt for line in lines for opt in re.findall(r"(?<![\w-])--[a-z][a-z-]+", line)}

    assert used <= known | {"--help", "--version"}


def test_both_commands_of_the_readme_are_in_the_makefile() -> None:
    """`make demo` and `make test` set everything up."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in ("demo", "test"):
        assert f"make {target}" in README
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)


def functions() -> set[str]:
    """Names that commands have as functions: `pool_show` for `pool show`."""
    names = set()
    for name in set(main.commands) - {"ci"}:
        command = command_named(name)
        parts = command.commands if isinstance(command, click.Group) else ()
        names |= {f"{name}_{part}" for part in parts} or {name}
    return names


@pytest.mark.parametrize("name", sorted(functions()))
def test_every_command_is_a_function_of_the_package(name: str) -> None:
    """Everything the command line does, `import deri_gate` does too; `ci` is for workflows alone."""
    assert callable(getattr(deri_gate, name))


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_option_has_help(name: str) -> None:
    """`deri-gate COMMAND --help` documents every option."""
    command = command_named(name)

    assert command.help
    assert [p.name for p in command.params if isinstance(p, click.Option) and not p.help] == []


def test_the_help_names_every_format() -> None:
    """As choices of `--format`, before those of packages."""
    (form,) = (p for p in command_named("check").params if p.name == "form")

    assert form.type.name.split("|") == [*(one.name for one in BUILT_IN), "PLUGIN"]


@pytest.mark.parametrize("name", ["probe", "variants", "check"])
def test_a_command_offers_every_option_for_reading(name) -> None:
    """Those that each function takes: a folder that needs `--layout` can be probed, too."""
    offered = {param.name for param in command_named(name).params}

    assert set(MappingKeys.__annotations__) <= offered


def test_the_changelog_knows_this_version() -> None:
    """Or has a place for what comes."""
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")

    assert "## Unreleased" in changelog or f"## {deri_gate.__version__}" in changelog
