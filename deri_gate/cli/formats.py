"""The option `--format`: our formats, and those of installed packages."""

from __future__ import annotations

import click

from deri_gate import reports


class FormatName(click.ParamType):  # type: ignore[type-arg]  # generic in newer versions alone
    """Name of an output format, of ours or of an installed package."""

    name = "text|json|markdown|github|gitlab|sarif|junit|croissant|card|PLUGIN"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """Take a known name; a plugin that cannot be loaded is said now, not after minutes."""
        names = reports.formats.format_names()
        if value not in names:
            self.fail(f"{value!r} is not one of {', '.join(names)}.", param, ctx)
        return reports.formats.format_named(str(value)).name


format_option = click.option(
    "--format",
    "form",
    type=FormatName(),
    default="text",
    show_default=True,
    help="Format of standard output.",
)
