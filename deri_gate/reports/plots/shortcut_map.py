"""Map of how well each place of the picture tells one class: drawn from numbers alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.reports.plots.scene import WIDTH, Box, Scene

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.explain.shortcuts import Shortcuts
    from deri_gate.reports.plots.scene import Shape

MOST = 10  # maps
COOLEST = 0.1  # heat of a cell that is drawn
SIDE = 160.0  # units of the map


def shortcut_scenes(shortcuts: Shortcuts | None) -> Iterator[Scene]:
    """A map a place that gives a class away, named as the exhibit of the same shortcut."""
    told = shortcuts.told if shortcuts else ()
    for number, shortcut in [(i, s) for i, s in enumerate(told) if s.heat is not None][:MOST]:
        assert shortcut.heat is not None
        cell, left = SIDE / len(shortcut.heat), (WIDTH - SIDE) / 2
        shapes: list[Shape] = [
            Box(x=left, y=0, width=SIDE, height=SIDE, tone="line", opacity=0.4),
            *(
                Box(x=left + cell * x, y=cell * y, width=cell, height=cell, tone="fail",
                    opacity=round(float(shortcut.heat[y, x]), 2))
                for y, x in zip(*(shortcut.heat >= COOLEST).nonzero(), strict=True)
            ),
        ]  # fmt: skip
        yield Scene(
            name=f"shortcut.{number}",
            title=f"Where the picture tells {shortcut.label}",
            description=shortcut.what,
            caption="The darker a place, the more images of the class look there as hardly any "
            "other does.",
            height=SIDE + 2,
            shapes=tuple(shapes),
        )
