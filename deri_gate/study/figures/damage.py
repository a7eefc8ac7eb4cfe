"""DERI1000 under damage, by group and level: figure 6 of the paper, over all datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.damage.catalogue import ALL_LEVELS
from deri_gate.schemas.study import HEADLINE
from deri_gate.study.figures.style import COLOURS, as_svg, canvas, named_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from deri_gate.schemas.study import CellInfo, SensitivityDocument

SHADES = dict(zip(ALL_LEVELS, (COLOURS[4], COLOURS[0], "#003a5c", "#7f7f7f"), strict=True))
APART = 0.24  # of a row, between two levels


def draw_damage(sensitivity: SensitivityDocument) -> bytes:
    """Median change of DERI1000 by damage and level, and the dataset in which it falls least."""
    cells = {
        group: {
            level: cell
            for level in levels_of
            if (cell := levels_of[level].get(HEADLINE)) is not None
        }
        for group, levels_of in sensitivity.matrix.items()
    }
    groups = [group for group, levels_of in cells.items() if levels_of]
    figure, panel = canvas(len(groups))
    panel.axvline(0, color="black", linewidth=0.8)
    levels = [level for level in ALL_LEVELS if any(level in cells[group] for group in groups)]
    for place, level in enumerate(levels):
        shift = APART * (place - (len(levels) - 1) / 2)
        known = [
            (row + shift, cells[g][level]) for row, g in enumerate(groups) if level in cells[g]
        ]
        _level(panel, level, known)
    named_rows(panel, groups)
    panel.set_xlabel("change of DERI1000; bar: median, dot: the dataset in which it falls least")
    panel.set_title(f"DERI1000 under damage, {len(sensitivity.datasets)} datasets")
    panel.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return as_svg(figure)


def _level(panel: Axes, level: str, known: list[tuple[float, CellInfo]]) -> None:
    bars = [(row, cell.median_change) for row, cell in known if cell.median_change is not None]
    panel.barh([row for row, _ in bars], [change for _, change in bars], height=APART * 0.9,
               color=SHADES[level], label=level)  # fmt: skip
    dots = [(row, cell.highest) for row, cell in known if cell.highest is not None]
    panel.plot([change for _, change in dots], [row for row, _ in dots], "o", color=SHADES[level],
               markeredgecolor="white", markersize=4.5)  # fmt: skip
