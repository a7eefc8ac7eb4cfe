"""Labels that a member of a tar shard says: the text of .cls, the key label of .json."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from deri_gate.data.readers.sample_columns import cell_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_JSON = 2**26  # bytes of a .json: annotations beside an image, its pixels in base64 too
_LONGEST = 2**20  # bytes of a label, and of a .json that is read whole
_LONGEST_FACT = 256  # characters; a source or a patient has a shorter name
_KEY = "label"
_LONGEST_KEY = 2 + 6 * len(_KEY)  # in quotes, every letter written as \\u006c is
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+(?P<end>"?)|[][{}]', re.DOTALL)
_SHORT = 2**13  # characters in which most values end; Python reads no number as long
_COLON = re.compile(r"\s*:\s*")


class UnclearLabelError(ValueError):
    """A label that programs may read in different ways, or that is too large to be read."""


def labels_in_text(content: bytes) -> tuple[str, ...]:
    """The class that a text is.

    Raises:
        ValueError: If it is none.
    """
    if len(content) > _LONGEST:
        raise ValueError(f"has more than {_LONGEST // 2**20} MiB")
    return _names(content.decode("utf-8-sig").strip())


def labels_in_json(content: bytes) -> tuple[str, ...]:
    """Classes under the key label of a JSON object; none where it has no such key.

    A long object is not built: that would take many times its bytes. It is gone through for the
    key alone.

    Raises:
        UnclearLabelError: If it has two labels, or is too large.
        ValueError: If it is not JSON.
    """
    if len(content) > LONGEST_JSON:
        raise UnclearLabelError(f"has more than {LONGEST_JSON // 2**20} MiB")
    text = content.decode("utf-8-sig")
    if len(content) <= _LONGEST:
        _check(text)
    labels = {_names(value) for value in _values(text)}
    if len(labels) > 1:
        raise UnclearLabelError(f"has the key {_KEY!r} more than once, with different values")
    return next(iter(labels), ())


def facts_in_json(content: bytes) -> dict[str, Any]:
    """Values of a JSON object besides its label, short text for most.

    Returns:
        By name the text; an empty tuple for what is no text, or too long to be worth its memory.
        A long object, and what is none, has no facts but one: that there is nothing known of it.
    """
    if len(content) > _LONGEST:
        return {f"(more than {_LONGEST // 2**20} MiB)": ()}
    try:
        value = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_said_once)
    except (ValueError, RecursionError):
        return {}
    about = value if isinstance(value, dict) else {}
    texts = {name: cell_or_none(own) for name, own in about.items() if name != _KEY}
    return {
        name: () if text is None or len(text) > _LONGEST_FACT else text
        for name, text in texts.items()
    }


def _said_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Object of JSON in which a name that stands twice has no cell: readers take either value."""
    said: dict[str, Any] = {}
    for name, value in pairs:
        differs = name in said and cell_or_none(said[name]) != cell_or_none(value)  # 1 is not true
        said[name] = {} if differs else value
    return said


def _check(text: str) -> None:
    try:
        json.loads(text)
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error


def _values(text: str) -> Iterator[object]:
    """Values of the key in the outermost object, however deep the others are."""
    depth = 0
    outermost = text.lstrip()[:1] == "{"
    for token in _TOKEN.finditer(text):
        start, end = token.span()
        mark = text[start]
        if mark != '"':
            depth += 1 if mark in "[{" else -1
        elif not token["end"]:
            raise ValueError("is cut off")  # and not read to the end from each quote in it
        elif depth == 1 and end - start <= _LONGEST_KEY and json.loads(token[0]) == _KEY:
            yield from _after(text, end) if outermost else ()
    if depth:
        raise ValueError("is cut off")


def _after(text: str, key_end: int) -> Iterator[object]:
    """Value after a key; none where the text is itself a value."""
    if not (colon := _COLON.match(text, key_end)):
        return
    start = colon.end()
    try:
        yield _value(text[start : start + _SHORT])
    except ValueError:
        yield _value(text[start : start + _LONGEST])


def _value(text: str) -> object:
    """Value that a text begins with."""
    try:
        return json.JSONDecoder().raw_decode(text)[0]
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error


def _names(given: object) -> tuple[str, ...]:
    several = given if isinstance(given, list) else [given]
    names = {str(one) for one in several if isinstance(one, str | int) and str(one)}
    "".join(names).encode()  # half of a character is no text: a ValueError
    return tuple(sorted(names))
