"""Elements of a data set as plain values: empty, broken and multi-valued ones included."""

from __future__ import annotations

import math
from typing import Any


def value_of(data: Any, keyword: str) -> Any:
    """The value of an element; None where there is none, or one that cannot be read."""
    try:
        return data.get(keyword)
    except Exception:  # noqa: BLE001  # pydicom converts on access: any error of any type
        return None


def text_of(data: Any, keyword: str) -> str:
    """The first value as text without blanks around it, "" where there is none."""
    value = value_of(data, keyword)
    if value is None:
        return ""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    several = not isinstance(value, str) and hasattr(value, "__len__") and hasattr(value, "index")
    if several:
        value = value[0] if len(value) else ""
    return str(value).strip(" \0\t\r\n")


def numbers_of(data: Any, keyword: str) -> list[float | None]:
    """All values as numbers; None in the place of each that is no finite number."""
    value = value_of(data, keyword)
    if value is None or isinstance(value, bytes):
        return []
    several = not isinstance(value, str) and hasattr(value, "__iter__")
    return [_number(one) for one in (value if several else [value])]


def element_number(data: Any, keyword: str) -> float | None:
    """The first value as a number, None where there is none."""
    values = numbers_of(data, keyword)
    return values[0] if values else None


def whole_of(data: Any, keyword: str, *, default: int) -> int:
    """The first value as a whole number."""
    value = element_number(data, keyword)
    return default if value is None else int(value)


def items_of(data: Any, keyword: str) -> list[Any]:
    """The items of a sequence, none where there is no such sequence."""
    value = value_of(data, keyword)
    if value is None or isinstance(value, str | bytes):
        return []
    return [item for item in value if hasattr(item, "get")]


def in_groups(data: Any, frame: int, macro: str, keyword: str) -> Any:
    """The data set that holds an element for a frame: its own, the shared one, or the top level.

    Enhanced objects keep what classic ones have at the top level in functional groups, one item
    for all frames and one for each (PS3.3 C.7.6.16).

    Args:
        data: The whole data set.
        frame: Position of the frame, from 0.
        macro: Sequence of the functional group that the element belongs to.
        keyword: The element.
    """
    own = items_of(data, "PerFrameFunctionalGroupsSequence")[frame : frame + 1]
    for group in [*own, *items_of(data, "SharedFunctionalGroupsSequence")[:1]]:
        for item in items_of(group, macro)[:1]:
            if keyword in item:
                return item
    return data


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
