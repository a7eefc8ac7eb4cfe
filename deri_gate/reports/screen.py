"""Width and colours of a terminal, and text laid out for it by rich."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.columns import Columns
from rich.console import Console, Group
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from deri_gate.reports.text import BEFORE_UNIT
from deri_gate.runtime.output import defused
from deri_gate.schemas.statuses import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

    from rich.console import RenderableType

LOG_WIDTH = 100  # columns where there is no terminal, as in a log
NARROWEST, WIDEST = 40, 200
HELD = "\ue000"  # stands for a blank at which no line ends; names never have it once defused
GAP = 2  # columns of the screen between two of a table
STYLES = {
    Status.FAIL: "bold red",
    Status.UNKNOWN: "bold magenta",
    Status.WARN: "yellow",
    Status.PASS: "green",
    Status.NOT_LOOKED_AT: "dim",
}


@dataclass(frozen=True, kw_only=True)
class Screen:
    """The place that a report is printed to."""

    width: int = LOG_WIDTH
    colour: bool = False  # and links


def screen_of(stream: TextIO) -> Screen:
    """Width and colours of a stream.

    COLUMNS sets the width; otherwise it is that of the terminal. Colours are for terminals alone:
    FORCE_COLOR asks for them elsewhere too, and NO_COLOR forbids them everywhere.
    """
    console = Console(file=stream)
    terminal = console.is_terminal and not console.is_dumb_terminal
    known = terminal or os.environ.get("COLUMNS", "").isdecimal()
    width = console.width if known else LOG_WIDTH
    return Screen(
        width=min(max(width, NARROWEST), WIDEST),
        colour=bool(console.color_system) and not (console.no_color or console.legacy_windows),
    )


def laid_out(parts: Iterable[RenderableType], screen: Screen) -> str:
    """Render the parts, a blank line between two, no line wider than the screen.

    The only escape codes in it are those of our own styles: all text is defused before it gets
    its style, whatever it holds.
    """
    blocks = [block for part in parts if (block := _block(part, screen))]
    return "\n\n".join(blocks) + "\n"


def _block(part: RenderableType, screen: Screen) -> str:
    console = Console(
        file=io.StringIO(),
        width=screen.width,
        force_terminal=screen.colour,
        color_system="standard" if screen.colour else None,
        no_color=not screen.colour,
        legacy_windows=False,
        _environ={},  # what the environment says is in the screen
    )
    _hold_units(part)
    lines = console.render_lines(part, pad=False)
    return "\n".join(_line(line, screen) for line in lines).rstrip("\n")


def _hold_units(part: object) -> None:
    """Let no line end between a number and its unit, as in "36 %"; rich ends one at any blank."""
    if isinstance(part, Text):
        part.plain = BEFORE_UNIT.sub(HELD, part.plain)
    elif isinstance(part, Group | Columns):
        for one in part.renderables:
            _hold_units(one)
    elif isinstance(part, Table):
        for column in part.columns:
            for cell in column.cells:
                _hold_units(cell)


def _line(segments: Sequence[Segment], screen: Screen) -> str:
    while segments and not segments[-1].text.strip():
        segments = segments[:-1]
    if not segments:
        return ""
    last = segments[-1]
    done = ""
    for text, style, _ in [*segments[:-1], Segment(last.text.rstrip(), last.style)]:
        clean = defused(text.replace(HELD, " "), done)
        done += style.render(clean) if style and screen.colour else clean
    return done


def columns(*heads: str, right: Iterable[int] = (), spread: int | None = None) -> Table:
    """An empty table without lines around it.

    Args:
        heads: Titles of the columns, or empty texts for a table without titles.
        right: Columns that are aligned on the right.
        spread: The column that is cut where the screen is too narrow; the others are whole.
    """
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), show_header=any(heads),
                  header_style="dim", collapse_padding=True)  # fmt: skip
    for i, head in enumerate(heads):
        table.add_column(head, justify="right" if i in right else "left", no_wrap=i != spread)
    return table


def cut(text: str) -> Text:
    """Text on one line, cut where the screen ends."""
    return Text(text, no_wrap=True, overflow="ellipsis")


def status_cell(status: Status | None, word: str) -> Text:
    """A status in its colour."""
    return Text(word, style=STYLES[status] if status else "")


def grouped(*parts: RenderableType | None) -> RenderableType:
    """Parts one below the other, those that there are."""
    return Group(*(part for part in parts if part is not None))
