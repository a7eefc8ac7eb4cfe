"""A plot as plain shapes in a box, free of any format."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

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
    """The text as it is shown, or its beginning with an ellipsis.

    Args:
        text: The text.
        most: Width of all that is shown, in Latin letters; Chinese ones and emoji take two.
    """
    text = printable(text)  # an invisible character takes several
    return text if cell_len(text) <= most else f"{set_cell_size(text, most - 1).rstrip()}…"
