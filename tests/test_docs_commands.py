"""Every command in the documentation is one of the program's, with options that it has."""

import re
from pathlib import Path

import click

from deri_gate.cli.main import main

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "SECURITY.md", ".github/CONTRIBUTING.md", "docs/*.md")
COMMAND = r"(deri-gate [a-z-](?:[^`\n\\]|\\\n)+)"  # a line that goes on after \ is one
IN_BLOCK = re.compile(rf"(?:^(?:\$ )?|&& ){COMMAND}", re.MULTILINE)
IN_TEXT = re.compile(rf"(?:`|^    ){COMMAND}", re.MULTILINE)
BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
OPTION = re.compile(r"(?<!\S)(--?[A-Za-z][\w-]*)")


def commands_shown() -> list[tuple[str, str]]:
    """Pages, and the commands in their blocks and code spans; continued lines are joined."""
    pages = sorted({page for pattern in PAGES for page in ROOT.glob(pattern)})
    texts = [(page.relative_to(ROOT).as_posix(), page.read_text("utf-8")) for page in pages]
    return [
        (name, " ".join(found.replace("\\\n", " ").split(" #")[0].split()))
        for name, text in texts
        for found in (
            *IN_TEXT.findall(BLOCK.sub("", text)),
            *(one for block in BLOCK.findall(text) for one in IN_BLOCK.findall(block)),
        )
    ]


def command_of(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that the words name, and the words after it."""
    command: click.Command = main
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        context = click.Context(command)
        found = command.get_command(context, words[0])
        assert found is not None, f"there is no command {words[0]}"
        command, words = found, words[1:]
    return command, words


def test_commands_are_found() -> None:
    """A pattern that finds nothing would let everything pass."""
    shown = commands_shown()

    assert len(shown) > 150
    assert len({page for page, _ in shown}) > 15


def test_a_command_has_the_options_it_is_shown_with() -> None:
    """One of another command, or of an earlier version, would be refused."""
    strange = {}
    for page, text in commands_shown():
        first = re.split(r" (?:&&|\|\|?|;|>>?) ", text)[0]
        command, words = command_of(first.split()[1:])
        known = {opt for one in command.params for opt in (*one.opts, *one.secondary_opts)}
        strange[page, text] = set(OPTION.findall(" ".join(words))) - known

    usual = {"--help", "-h", "--version"}
    assert {shown: options - usual for shown, options in strange.items() if options - usual} == {}
