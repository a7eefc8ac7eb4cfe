"""Numbers of things in English: "1 image", "1,200 images"."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SIBILANTS = ("s", "x", "z", "ch", "sh")  # after these the plural takes "es"
VOWELS = "aeiou"


def counted(count: int, noun: str) -> str:
    """A number with its noun, in the singular for 1 alone.

    Args:
        count: The number; from 1,000 on it has commas.
        noun: In the singular, with words before it if need be, such as "other check".

    Returns:
        Such as "1 class", "2 classes", "1,200 copies".
    """
    return f"{count:,} {noun if count == 1 else _plural(noun)}"


def _plural(noun: str) -> str:
    if noun.endswith(SIBILANTS):
        return f"{noun}es"
    if noun.endswith("y") and noun[-2:-1] not in VOWELS:
        return f"{noun[:-1]}ies"
    return f"{noun}s"


def listed(items: Sequence[str]) -> str:
    """The items in one phrase: "a", "a and b", "a, b and c"."""
    if len(items) < 2:  # noqa: PLR2004  # nothing to join
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def happened(count: int, noun: str, deed: str) -> str:
    """A number of things and their fate: "1 file was added", "2 files were added"."""
    return f"{counted(count, noun)} {'was' if count == 1 else 'were'} {deed}"
