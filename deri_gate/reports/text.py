"""Numbers and names as people read them, whatever a file name may hold."""

from __future__ import annotations

import math

from deri_gate.runtime.figures import number, percent, signed
from deri_gate.runtime.output import defused, escape

__all__ = [
    "LONGEST",
    "LONGEST_NAME",
    "LONGEST_TEXT",
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


def printable(name: str, longest: int = LONGEST) -> str:
    """A name without line breaks, terminal codes, commands or invisible marks; long ones cut."""
    start = name if len(name) <= 4 * longest else name[: 2 * longest] + name[-2 * longest :]
    clean = defused(start.replace("\n", escape("\n")))
    if len(clean) <= longest and len(start) == len(name):
        return clean
    half = longest // 2 - 1
    return f"{clean[:half]}…{clean[-half:]}"


def limits_text(between: tuple[float, float] | None) -> str:
    """Limits of a score in parentheses, after a blank; nothing where there are none."""
    return "" if between is None else " ({:.0f} to {:.0f})".format(*between)


def whole(value: float | None) -> str:
    """A score, in whole points; a dash for none."""
    return "-" if value is None or not math.isfinite(value) else f"{value:.0f}"
