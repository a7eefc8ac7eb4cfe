"""Numbers and names as people read them, whatever a file name may hold."""

from __future__ import annotations

import math
import re
import unicodedata

from deri_gate.runtime.figures import number, percent, signed
from deri_gate.runtime.output import defused, escape

__all__ = [
    "BEFORE_UNIT",
    "LONGEST",
    "LONGEST_NAME",
    "LONGEST_TEXT",
    "code",
    "escaped",
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
LONGEST_WORD = 20  # characters that a cut gives up so that it falls between two words
RIGHT_TO_LEFT = frozenset({"R", "AL"})  # directions of letters, such as Hebrew and Arabic ones
# Between a number and its unit.
BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:%|px|levels?|points?|days?)(?!\w))")
ISOLATE, END = "\u2068", "\u2069"

# What Markdown, GitHub's own additions or HTML could take for more than text inside a line.
# Underscores inside a word, and most colons, are text, and stay: a raw log is read as well.
SPECIAL = re.compile(
    r"([\\`*\[\]#|<>~@&$]|(?<=www)\.|(?<![^\W_])_|_(?![^\W_])|:(?=//|[\w+-]+:))", re.IGNORECASE
)


def printable(name: str, longest: int = LONGEST) -> str:
    """A name without line breaks, terminal codes, commands or invisible marks; long ones cut."""
    start = name if len(name) <= 4 * longest else name[: 2 * longest] + name[-2 * longest :]
    clean = defused(start.replace("\n", escape("\n")))
    if len(clean) <= longest and len(start) == len(name):
        return clean
    half = longest // 2 - 1
    return f"{_whole_words(clean[:half])}…{_whole_words(clean[: -half - 1 : -1])[::-1]}"


def _whole_words(start: str) -> str:
    """The start without the word that a cut broke; as it is where no blank is near its end."""
    words, blank, broken = start.rpartition(" ")
    return words + blank if len(broken) <= min(LONGEST_WORD, len(start) // 2) else start


def isolated(name: str) -> str:
    """A name that does not turn around what stands beside it, such as a number behind Arabic."""
    turns = any(unicodedata.bidirectional(letter) in RIGHT_TO_LEFT for letter in name)
    return f"{ISOLATE}{name}{END}" if turns else name


def escaped(text: str, longest: int = LONGEST_TEXT) -> str:
    """Text as plain Markdown: no link, mention, markup or table border.

    Encoding alone is not enough for a mention: it is looked for when all is decoded. A mark
    without width after the sign breaks it.
    """
    encoded = SPECIAL.sub(lambda found: f"&#{ord(found[1])};", printable(text, longest))
    return encoded.replace("&#64;", "&#64;&#8288;").replace("&#35;", "&#35;&#8288;")


def code(name: str) -> str:
    """A name as it stands, where nothing is linked or mentioned; can be copied from the page."""
    return f"<code>{SPECIAL.sub(lambda found: f'&#{ord(found[1])};', printable(name))}</code>"


def limits_text(between: tuple[float, float] | None, form: str = ".0f") -> str:
    """Limits of a number, such as a score, in parentheses after a blank; nothing for none."""
    return "" if between is None else f" ({between[0]:{form}} to {between[1]:{form}})"


def whole(value: float | None) -> str:
    """A score, in whole points; a dash for none."""
    return "-" if value is None or not math.isfinite(value) else f"{value:.0f}"
