"""Output formats: ours, and those of installed packages (entry points `deri_gate.formats`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate import reports
from deri_gate.errors import SettingError, did_you_mean
from deri_gate.runtime.plugins import FORMAT_PLUGINS, declared_plugins, plugin_of
from deri_gate.schemas.base import as_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from deri_gate.reports.report import Report


@dataclass(frozen=True, kw_only=True)
class Format:
    """A form of standard output.

    Attributes:
        name: That of the entry point; `--format NAME` asks for it.
        render: Makes the text of a report.
        annotations: Makes what is said before it to the runner of a workflow, as commands of
            GitHub, from a report and the file to anchor them to, if there is one.
        located: Makes the text where git knows a file to anchor it to, or None.
    """

    name: str
    render: Callable[[Report], str]
    annotations: Callable[[Report, str | None], list[str]] | None = None
    located: Callable[[Report, str | None], str] | None = None


# One line a format. A module of `reports` is loaded when it is first used.
BUILT_IN = (
    Format(name="text", render=lambda report: reports.terminal.as_text(report)),
    Format(
        name="json",
        render=lambda report: as_json(
            reports.documents.scores_document(report.scored, report.judgement)
        ),
    ),
    Format(name="markdown", render=lambda report: reports.markdown.as_markdown(report)),
    Format(
        name="github",
        render=lambda report: reports.markdown.as_markdown(report),
        annotations=lambda report, file: reports.github.commands_of(report, file=file),
    ),
    Format(
        name="gitlab",
        render=lambda report: reports.code_quality.as_code_quality(report),
        located=lambda report, file: reports.code_quality.as_code_quality(report, file),
    ),
    Format(
        name="sarif",
        render=lambda report: reports.sarif.as_sarif(report),
        located=lambda report, file: reports.sarif.as_sarif(report, file),
    ),
    Format(name="junit", render=lambda report: reports.junit.as_junit(report)),
    Format(name="croissant", render=lambda report: reports.croissant.as_croissant(report)),
    Format(name="card", render=lambda report: reports.card.as_card(report)),
)


def format_names() -> tuple[str, ...]:
    """List the names that `--format` takes: ours, then those of installed packages."""
    ours = [form.name for form in BUILT_IN]
    return (*ours, *(plugin.name for plugin in declared_plugins(FORMAT_PLUGINS)))


def format_named(name: str) -> Format:
    """Find a format, and load it if it is a plugin's.

    Args:
        name: One of `format_names`.

    Raises:
        SettingError: If there is none of this name, a plugin has a name of ours, or it cannot be
            loaded.
    """
    ours = {form.name: form for form in BUILT_IN}
    plugin = plugin_of(FORMAT_PLUGINS, name, taken=ours)
    if name in ours:
        return ours[name]
    if plugin is None:
        raise SettingError(
            f"there is no format {name!r}", "--format", did_you_mean(name, format_names())
        )
    return plugin.load(Format)


def rendered(report: Report, form: Format) -> str:
    """Render a report.

    Raises:
        SettingError: If the format is a plugin's, and fails or gives no text.
    """
    if form in BUILT_IN:
        return form.render(report)
    plugin = plugin_of(FORMAT_PLUGINS, form.name)
    assert plugin is not None  # it was loaded from there
    try:
        text = form.render(report)
    except (Exception, SystemExit) as error:  # somebody else's code
        raise plugin.fault(f"failed ({type(error).__name__}: {error})") from error
    if not isinstance(text, str):
        raise plugin.fault(f"gives {type(text).__name__}, not text")
    return text
