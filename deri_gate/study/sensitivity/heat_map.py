"""The sensitivity matrix as a heat map: which damage moves which subscore."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.damage.catalogue import ALL_LEVELS, HURTS, SCENARIOS
from deri_gate.runtime.extras import extra

with extra("study"):
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from deri_gate.arrays import FloatArray
    from deri_gate.study.sensitivity.matrix import Cell, Place

FARTHEST = 50.0  # points of subscore at which the colour is full; the median can fall no further
LEAST_WIDTH = 9.0  # inches; what the title needs
PALE = 25.0  # up to here black figures are read on the colour, white ones beyond


def draw_heat_map(matrix: Mapping[Place, Cell], columns: Sequence[str]) -> bytes:
    """The median change of each subscore and of DERI1000, by damage, a panel a level, as PNG.

    Orange is worse, violet better, pale no change; a frame marks the metric that the damage
    must hurt, a dot in it a share of datasets below 90 % in which it does. Empty: not measured.
    """
    known = dict.fromkeys([*HURTS, *(scenario.group for scenario in SCENARIOS)])
    groups = [g for g in known if any(place[0] == g for place in matrix)]
    levels = [k for k in ALL_LEVELS if any(place[1] == k for place in matrix)]
    width = max(LEAST_WIDTH, 0.62 * len(columns) * max(1, len(levels)) + 3.0)
    height = 0.34 * len(groups) + 2.6
    figure = Figure(figsize=(width, height), dpi=110, layout="constrained")
    panels = figure.subplots(1, max(1, len(levels)), sharey=True, squeeze=False)[0]
    for panel, level in zip(panels, levels, strict=False):
        _panel(panel, level, groups, columns, matrix)
    figure.suptitle(
        "Median change against the undamaged dataset: of subscores in points of 100, of DERI1000"
    )
    figure.supxlabel("Orange: worse. Framed: what the damage must hurt; with a dot, fails to.")
    content = io.BytesIO()
    figure.savefig(content, format="png", metadata={"Software": None})  # equal runs, equal bytes
    return content.getvalue()


def _panel(
    panel: Axes,
    level: str,
    groups: Sequence[str],
    columns: Sequence[str],
    matrix: Mapping[Place, Cell],
) -> None:
    changes = np.array(
        [[_change(matrix.get((g, level, name))) for name in columns] for g in groups]
    )
    panel.imshow(changes, cmap="PuOr", vmin=-FARTHEST, vmax=FARTHEST, aspect="auto")
    panel.set_title(level)
    panel.set_xticks(range(len(columns)), columns, rotation=60, ha="right")
    panel.set_yticks(range(len(groups)), groups)
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)
    _figures(panel, changes)
    for row, group in enumerate(groups):
        for column, name in enumerate(columns):
            if name == HURTS.get(group):
                _frame(panel, row, column, matrix.get((group, level, name)))


def _change(cell: Cell | None) -> float:
    return np.nan if cell is None or cell.median_change is None else cell.median_change


def _figures(panel: Axes, changes: FloatArray) -> None:
    for (row, column), change in np.ndenumerate(changes):
        if np.isfinite(change):
            shade = "white" if abs(change) > PALE else "black"
            said = f"{round(change):+d}".replace("-", "\N{MINUS SIGN}").replace("+0", "0")
            panel.text(column, row, said, ha="center", va="center", color=shade, fontsize=8)


def _frame(panel: Axes, row: int, column: int, cell: Cell | None) -> None:
    place = (column - 0.5, row - 0.5)
    panel.add_patch(Rectangle(place, 1, 1, fill=False, edgecolor="black", linewidth=1.8))
    if cell is not None and cell.falls < 0.9:  # noqa: PLR2004  # the aim
        panel.plot(column + 0.36, row - 0.3, marker="o", color="black", markersize=3.5)
