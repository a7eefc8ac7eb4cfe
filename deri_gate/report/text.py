"""Numbers and names as people read them, whatever a file name may hold."""

from __future__ import annotations

import math

LONGEST = 80  # characters of a name that are shown


def printable(name: str) -> str:
    """A name without line breaks, terminal codes or invisible marks; long ones cut inside."""
    clean = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in name)
    if len(clean) <= LONGEST:
        return clean
    half = LONGEST // 2 - 1
    return f"{clean[:half]}…{clean[-half:]}"


def number(value: float | None, digits: int = 4) -> str:
    """A number in few digits; a dash for none."""
    if value is None or not math.isfinite(value):
        return "-"
    if value == 0:
        return "0"
    return f"{value:.{digits}g}" if abs(value) < 10**digits else f"{value:.0f}"


def share(value: float | None) -> str:
    """A share of 1 in per cent."""
    return "-" if value is None else f"{value:.1%}"
