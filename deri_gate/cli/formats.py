"""The option `--format`: our formats, and those of installed packages."""

from __future__ import annotations

import click

from deri_gate import reports


class FormatName(click.ParamType):  # type: ignore[type-arg]  # generic in newer versions alone
    """Name of an output format, of ours or of an installed package."""

    name = "text|json|markdown|github|PLUGIN"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """Take a known name; a plugin that cannot be loaded is said now, not after minutes."""
        if value in reports.formats.OUR_FORMATS:
            return str(value)
        formats = reports.formats.known_formats()
        if value not in formats:
            self.fail(f"{value!r} is not one of {', '.join(formats)}.", param, ctx)
        reports.formats.check_format(value)
        return str(value)


format_option = click.option(
    "--format",
    "form",
    type=FormatName(),
    default="text",
    show_default=True,
    help="Format of standard output.",
)
