"""Sizes in bytes and spans of time as people write them: 20GB, 512 MiB, 1.5 h."""

from __future__ import annotations

import os
import re

from deri_gate.errors import SettingError

_WRITTEN = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def size_setting(name: str, default: int) -> int:
    """The bytes that an environment variable asks for, or the default where it is not set.

    Raises:
        SettingError: If it is no size.
    """
    written = os.environ.get(name, "").strip()
    if not written:
        return default
    match = _WRITTEN.fullmatch(written)
    if match is None:
        fix = "Write a number of bytes, such as 20GB, 512MiB or 1000000."
        raise SettingError(f"{written!r} is no size", name, fix)
    number, unit, binary = match.groups()
    return int(float(number) * (1024 if binary else 1000) ** _POWERS[unit.lower()])


def as_size(count: int) -> str:
    """A number of bytes for people: 1.5 GB."""
    size, units = float(count), ["B", "kB", "MB", "GB", "TB"]
    while size >= 999.5 and len(units) > 1:  # noqa: PLR2004  # 1000 would be rounded to four digits
        size, units = size / 1000, units[1:]
    return f"{size:.0f} {units[0]}" if units[0] == "B" or size >= 10 else f"{size:.1f} {units[0]}"  # noqa: PLR2004


def as_span(seconds: float) -> str:
    """A span of time for people: 1.5 h."""
    for unit, length in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 10 or not seconds else f"{seconds:.1f} s"  # noqa: PLR2004
