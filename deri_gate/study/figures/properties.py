"""Properties of the number: how far each figure is from its aim."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.study.figures.style import COLOURS, as_svg, canvas, named_rows

if TYPE_CHECKING:
    from deri_gate.schemas.properties import PropertiesDocument


def draw_properties(document: PropertiesDocument) -> bytes:
    """Share of the figures of each property that hold, with their numbers."""
    names = list(document.holds)
    figure, panel = canvas(len(names))
    for row, (held, every) in enumerate(document.holds.values()):
        share = held / every if every else 0.0
        panel.barh(row, share, height=0.6, color=COLOURS[2])
        panel.barh(row, 1 - share if every else 0.0, left=share, height=0.6, color=COLOURS[5])
        said = f"{held} of {every}" if every else "not measured"
        panel.text(1.01, row, said, va="center")
    named_rows(panel, [f"{k}. {name}" for k, name in enumerate(names, start=1)])
    panel.set_xlim(0, 1.18)
    panel.set_xticks([0, 0.25, 0.5, 0.75, 1])
    panel.set_xlabel("share of the figures that reach their aim; properties.csv has each")
    panel.set_title("Properties of the number")
    return as_svg(figure)
