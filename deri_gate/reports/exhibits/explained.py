"""Explanations laid over images: the best, the worst, and what shortcuts sit on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.reports.exhibits.records import MOST_NAMES, Exhibit, ImageRef, Tile, TileRow
from deri_gate.reports.text import percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.arrays import FloatArray
    from deri_gate.explain.shortcuts import Shortcut, Shortcuts
    from deri_gate.measuring.measure import Measured
    from deri_gate.reports.exhibits.side import MeasuredSide

EACH = 4  # images of the best and of the worst explanations
MOST_TILES = 8  # images of a shortcut
EDGES = "xai_overlay"


def has_heat(measured: Measured) -> bool:
    """True if the profile's explanations have maps, and were made."""
    needs = {
        need
        for m in measured.evidence.profile.metrics
        if m.name in measured.answers
        for need in m.needs
    }
    return "explanations" in needs


def heat_of(measured: Measured) -> dict[ImageRef, FloatArray]:
    """Heat of every explained image whose map says something."""
    if not has_heat(measured):
        return {}
    explanations, ids = measured.evidence.explanations, measured.evidence.dataset.ids
    return {
        ImageRef(id=ids[position], heat=True): heat
        for position, heat, empty in zip(
            explanations.positions.tolist(), explanations.heat, explanations.degenerate, strict=True
        )
        if not empty
    }


def explanation_exhibit(side: MeasuredSide) -> Exhibit | None:
    """The explanations that sit least and most on steep edges."""
    measured = side.measured
    if not has_heat(measured):
        return None
    explanations = measured.evidence.explanations
    known = np.flatnonzero(np.isfinite(explanations.on_edges) & ~explanations.degenerate)
    order = known[np.argsort(explanations.on_edges[known], kind="stable")].tolist()
    if not order:
        return None
    best, worst = order[:EACH], order[EACH:][-EACH:][::-1]
    ids = measured.evidence.dataset.ids

    def tile(place: int, role: str) -> Tile:
        name = ids[int(explanations.positions[place])]
        heat = percent(float(explanations.on_edges[place]))
        facts = (f"{heat} on steep edges", side.label(name))
        return Tile(image=ImageRef(id=name, heat=True), facts=facts, role=role)

    tiles = [*(tile(i, "worst") for i in worst), *(tile(i, "best") for i in best)]
    return Exhibit(
        name="explanations",
        about=(EDGES, "xai_stability"),
        title="Explanations laid over the images",
        sentence="Heat shows the parts of an image from which a linear probe reads its class.",
        advice="Heat on text, rulers or frames means that a network would learn those.",
        count=len(order),
        rows=(TileRow(tiles=tuple(tiles)),),
    )


def shortcut_exhibits(
    shortcuts: Shortcuts | None, side: MeasuredSide, heat: dict[ImageRef, FloatArray]
) -> Iterator[Exhibit]:
    """An exhibit a mark that gives a class away, with its explanations where there are some."""
    for number, shortcut in enumerate(shortcuts.told if shortcuts else ()):
        yield _shortcut(number, shortcut, side, heat)


def _shortcut(
    number: int, shortcut: Shortcut, side: MeasuredSide, heat: dict[ImageRef, FloatArray]
) -> Exhibit:
    images = shortcut.images[:MOST_TILES]
    refs = [ImageRef(id=name, heat=ImageRef(id=name, heat=True) in heat) for name in images]
    tiles = tuple(Tile(image=ref, facts=(side.label(ref.id),)) for ref in refs)
    sort = "Natural confounding" if shortcut.natural else "Shortcut"
    return Exhibit(
        name=f"shortcut.{number}",
        about=("confounding",) if shortcut.natural else ("shortcut",),
        title=f"{sort}: {shortcut.what} tells class {shortcut.label}",
        sentence=shortcut.detail,
        advice="" if shortcut.natural else "Crop or mask it in all classes, or take it into all.",
        count=len(shortcut.images),
        rows=(TileRow(tiles=tiles),) if tiles else (),
        others=shortcut.images[MOST_TILES : MOST_TILES + MOST_NAMES],
    )
