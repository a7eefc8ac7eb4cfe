"""A plot as plain shapes in a box, free of any format."""

from __future__ import annotations

from deri_gate.reports.text import printable
from deri_gate.schemas.scene import (
    CLASS_TONES,
    TONES,
    WIDTH,
    Anchor,
    Box,
    Dots,
    Mark,
    Scene,
    Shape,
    Stroke,
    Words,
)

__all__ = [
    "CLASS_TONES",
    "TONES",
    "WIDTH",
    "Anchor",
    "Box",
    "Dots",
    "Mark",
    "Scene",
    "Shape",
    "Stroke",
    "Words",
    "shortened",
]


def shortened(text: str, most: int) -> str:
    """The text as it is shown, or its beginning with an ellipsis: `most` characters in all."""
    text = printable(text)  # an invisible character takes several
    return text if len(text) <= most else f"{text[: most - 1]}…"
