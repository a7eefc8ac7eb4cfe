"""Weights of the metrics with their intervals: figure 5 of the paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.study.figures.style import COLOURS, as_svg, canvas, named_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.schemas.impact import Impact


def draw_weights(impact: Impact, used: Mapping[str, float]) -> bytes:
    """Weights that follow from damage, with 95 % intervals, published ones, and those in use.

    Args:
        impact: What damage costs the probes.
        used: Weights of the pool, shares of 1.
    """
    metrics = list(impact.groups)
    figure, panel = canvas(len(metrics))
    rows = range(len(metrics))
    groups = [impact.groups[name] for name in metrics]
    panel.barh(rows, [g.weight for g in groups], height=0.6, color=COLOURS[4], zorder=1,
               label="from damage to probes, 95 % over datasets")  # fmt: skip
    for row, group in enumerate(groups):
        if group.interval is not None:
            panel.plot(group.interval, [row, row], color="#333333", linewidth=1.5, zorder=2)
    known = [(row, g.published_weight) for row, g in enumerate(groups) if g.published_weight]
    panel.plot([w for _, w in known], [r for r, _ in known], "D", color=COLOURS[5],
               markersize=5, zorder=3, label="published")  # fmt: skip
    panel.plot([used.get(name, 0.0) for name in metrics], rows, "|", color="black",
               markersize=11, zorder=3, label="in use")  # fmt: skip
    named_rows(panel, metrics)
    panel.set_xlim(left=0)
    panel.set_xlabel("weight, share of 1")
    panel.set_title("Weights of the metrics")
    panel.legend(loc="lower right", frameon=False)
    return as_svg(figure)
