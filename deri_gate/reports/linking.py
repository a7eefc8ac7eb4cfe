"""Links from the words of a report to what they mean, where they stand."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from deri_gate.reports.glossary import TERMS
from deri_gate.reports.text import BEFORE_UNIT, LONGEST_NAME, isolated, printable

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_PASSAGE = 1200  # characters of the sentences on one limit
WORDS: Mapping[str, str] = {
    "adjusted p": "adjusted-p",
    "effect": "effect",
    "subscore": "subscore",
    "DERI1000": "deri1000",
    "levels²": "levels",
    "levels": "levels",
    "near duplicates": "near-duplicate",
    "near duplicate": "near-duplicate",
    "shortcut": "shortcut",
}
FOUND = re.compile(rf"(?<![\w&#;/.-])(?:{'|'.join(map(re.escape, WORDS))})(?![\w&#/-]|[.]\w)")
NO_BREAK = "\u00a0"  # a blank at which no line ends
# Between two parts of a name, and not within a number.
JOINT = re.compile(r"(?<=\w[/_])(?=\w)|(?<=\w-)(?=[^\W\d])|(?<=[\w)])(?=\(|\.[^\W\d])")


def with_links(text: str) -> Markup:
    """A text for the page: escaped, each term a link to its entry where it occurs first."""
    seen = set[str]()

    def linked(match: re.Match[str]) -> str:
        name = WORDS[match[0]]
        if name in seen:
            return match[0]
        seen.add(name)
        return _link(name, match[0])

    safe = str(escape(unbroken(printable(text, LONGEST_PASSAGE))))
    return Markup(FOUND.sub(linked, safe))  # noqa: S704  # escaped before the links of ours


def unbroken(text: str) -> str:
    """A text for the page whose numbers stay on one line with their units: "36 %"."""
    return BEFORE_UNIT.sub(NO_BREAK, text)


def measured(fact: str) -> Markup:
    """A fact on an image, as `divided`, whose numbers stay on one line with their units."""
    return Markup(unbroken(str(divided(fact))))  # noqa: S704  # escaped before


def divided(name: str) -> Markup:
    """A name for the page: escaped, and broken over lines at its own signs before within a word."""
    safe = str(escape(isolated(printable(name, LONGEST_NAME))))
    return Markup(JOINT.sub("<wbr>", safe))  # noqa: S704  # escaped before the breaks of ours


def term_link(name: str, text: str) -> Markup:
    """A link to a term, which the pointer explains too."""
    return Markup(_link(name, str(escape(text))))  # noqa: S704  # escaped


def _link(name: str, text: str) -> str:
    return f'<a href="#g-{name}" title="{_explanations()[name]}">{text}</a>'


@lru_cache(maxsize=1)
def _explanations() -> dict[str, str]:
    return {term.name: str(escape(term.text)) for term in TERMS}
