"""Text and names that stay plain text wherever Markdown is shown."""

from __future__ import annotations

import re

from deri_gate.reports.text import LONGEST_TEXT, printable

# What Markdown, GitHub's own additions or HTML could take for more than text inside a line.
# Underscores inside a word, and most colons, are text, and stay: a raw log is read as well.
SPECIAL = re.compile(
    r"([\\`*\[\]#|<>~@&$]|(?<=www)\.|(?<![^\W_])_|_(?![^\W_])|:(?=//|[\w+-]+:))", re.IGNORECASE
)


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
