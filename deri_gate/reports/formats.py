"""Output formats: ours, and those of installed packages (entry points `deri_gate.formats`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.runtime.plugins import FORMAT_PLUGINS, declared_plugins, plugin_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from deri_gate.reports.report import Report

OUR_FORMATS = ("text", "json", "markdown", "github")


@dataclass(frozen=True, kw_only=True)
class Format:
    """A form of standard output.

    Attributes:
        name: That of the entry point; `--format NAME` asks for it.
        render: Makes the text of a report.
    """

    name: str
    render: Callable[[Report], str]


def known_formats() -> tuple[str, ...]:
    """List the names that `--format` takes."""
    return (*OUR_FORMATS, *(plugin.name for plugin in declared_plugins(FORMAT_PLUGINS)))


def check_format(name: str) -> None:
    """Load the format of a plugin, so that a broken one is said before anything is measured.

    Raises:
        SettingError: If it cannot be loaded.
    """
    plugin = plugin_of(FORMAT_PLUGINS, name)
    if plugin is not None:
        plugin.load(Format)


def rendered_by_plugin(report: Report, name: str) -> str:
    """Render a report in the format of an installed package.

    Raises:
        SettingError: If the format cannot be loaded, fails, or gives no text.
    """
    plugin = plugin_of(FORMAT_PLUGINS, name)
    assert plugin is not None  # the option takes known names alone
    try:
        text = plugin.load(Format).render(report)
    except Exception as error:  # somebody else's code
        raise plugin.fault(f"failed ({type(error).__name__}: {error})") from error
    if not isinstance(text, str):
        raise plugin.fault(f"gives {type(text).__name__}, not text")
    return text
