"""Numbers and names as people read them, whatever a file name may hold."""

from __future__ import annotations

import math
import unicodedata

from deri_gate.runtime.figures import number, percent, signed
from deri_gate.runtime.output import defused, escape

__all__ = [
    "LONGEST",
    "LONGEST_NAME",
    "LONGEST_TEXT",
    "isolated",
    "limits_text",
    "number",
    "percent",
    "printable",
    "signed",
    "whole",
]

LONGEST = 80  # characters of a name that are shown
LONGEST_NAME = 160  # characters of a name on a page, which has room
LONGEST_TEXT = 400  # characters of a reason or a sentence that are shown
RIGHT_TO_LEFT = frozenset({"R", "AL"})  # directions of letters, such as Hebrew and Arabic ones
ISOLATE, END = "\u2068", "\u2069"


def printable(name: str, longest: int = LONGEST) -> str:
    """A name without line breaks, terminal codes, commands or invisible marks; long ones cut."""
    start = name if len(name) <= 4 * longest else name[: 2 * longest] + name[-2 * longest :]
    clean = defused(start.replace("\n", escape("\n")))
    if len(clean) <= longest and len(start) == len(name):
        return clean
    half = longest // 2 - 1
    return f"{clean[:half]}…{clean[-half:]}"


def isolated(name: str) -> str:
    """A name that does not turn around what stands beside it, such as a number behind Arabic."""
    turns = any(unicodedata.bidirectional(letter) in RIGHT_TO_LEFT for letter in name)
    return f"{ISOLATE}{name}{END}" if turns else name


def limits_text(between: tuple[float, float] | None) -> str:
    """Limits of a score in parentheses, after a blank; nothing where there are none."""
    return "" if between is None else " ({:.0f} to {:.0f})".format(*between)


def whole(value: float | None) -> str:
    """A score, in whole points; a dash for none."""
    return "-" if value is None or not math.isfinite(value) else f"{value:.0f}"
