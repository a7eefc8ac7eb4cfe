"""Groups of commands that load a command's module when it runs or is asked for its help."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import click

from deri_gate.cli.exits import NOT_JUDGED
from deri_gate.cli.spread import spread

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class ListedCommand:
    """A command as its group lists it; the command `name` is in the module of this name."""

    name: str
    short_help: str  # the list must fit 80 columns, and is shown before the module is loaded
    section: str = "Commands"  # heading of the list; entries of a section stand together


class LazyGroup(click.Group):
    """Group that knows names and short helps of its commands, and loads one when it is needed."""

    def __init__(
        self,
        *args: Any,
        package: str,
        entries: Sequence[ListedCommand],
        prefix: str = "",
        **attributes: Any,
    ) -> None:
        """List the entries.

        Args:
            *args: Arguments of `click.Group`.
            package: Package of ours that holds a module for each entry.
            entries: Commands in the order in which they are listed.
            prefix: Beginning of the functions' names; each ends in `NAME_command`.
            **attributes: Keyword arguments of `click.Group`.
        """
        super().__init__(*args, **attributes)
        self.package, self.entries, self.prefix = package, tuple(entries), prefix
        for entry in entries:
            self.add_command(click.Command(entry.name, short_help=entry.short_help))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Show the help, as help, to whoever names no command; it is a wrong use all the same."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit(NOT_JUDGED)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, and give its words the form that click reads."""
        name, command, words = super().resolve_command(ctx, args)
        return name, command, words if command is None else spread(command, words)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Names in the order of the entries."""
        return [entry.name for entry in self.entries]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command; None if the group has none of this name."""
        if super().get_command(ctx, cmd_name) is None:
            return None
        module = import_module(f"{self.package}.{cmd_name}")
        command: click.Command = getattr(module, f"{self.prefix}{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """Write names and short helps by section; no command is loaded."""
        width = max(len(entry.name) for entry in self.entries)
        for title, entries in groupby(self.entries, attrgetter("section")):
            with formatter.section(title):
                formatter.write_dl(
                    [(entry.name.ljust(width), entry.short_help) for entry in entries]
                )
