"""Probes: balanced accuracy against AUC, and what each damage costs: figures 7 and 8."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.networks.budget import BASELINE
from deri_gate.schemas.study import SCENARIO
from deri_gate.study.figures.style import COLOURS, as_svg, canvas, named_rows

if TYPE_CHECKING:
    import pandas as pd

    from deri_gate.schemas.impact import Impact

APART = 0.22  # of a row, between two architectures


def draw_figures_of_probes(runs: pd.DataFrame) -> bytes:
    """Balanced accuracy against macro AUC, a dot a run; open: trained on the undamaged images.

    Args:
        runs: Rows of `results.read_results`.
    """
    figure, panel = canvas(14, width=6)
    panel.grid(axis="y", color="#dddddd", linewidth=0.6)
    both = runs["balanced_accuracy"].notna() & runs["auc"].notna()
    known = runs[both & ~runs["group"].str.startswith(SCENARIO)]
    for k, (name, own) in enumerate(known.groupby("architecture", sort=True)):
        colour = COLOURS[k % len(COLOURS)]
        for plain in (False, True):
            rows = own[(own["group"] == BASELINE) == plain]
            panel.plot(rows["balanced_accuracy"].astype(float), rows["auc"].astype(float), "o",
                       color=colour, markersize=7 if plain else 3, alpha=1 if plain else 0.45,
                       markerfacecolor="white" if plain else colour, zorder=3 if plain else 2,
                       label=None if plain else str(name))  # fmt: skip
    panel.set_xlabel("balanced accuracy")
    panel.set_ylabel("macro AUC")
    panel.set_title(f"{len(known):,} runs on validation images; open: undamaged")
    panel.legend(loc="lower right", frameon=False)
    return as_svg(figure)


def draw_drops(impact: Impact) -> bytes:
    """Change of balanced accuracy by the metric that the damage hurts, and by architecture."""
    metrics = list(impact.groups)
    figure, panel = canvas(len(metrics))
    panel.axvline(0, color="black", linewidth=0.8)
    for k, name in enumerate(impact.architectures):
        shift = APART * (k - (len(impact.architectures) - 1) / 2)
        colour = COLOURS[k % len(COLOURS)]
        places, means = [], []
        for row, metric in enumerate(metrics):
            drops = impact.groups[metric].by_architecture.get(name)
            drop = drops.balanced_accuracy if drops else None
            if drop is None or drop.mean is None:
                continue
            places.append(row + shift)
            means.append(drop.mean)
            if drop.interval is not None:
                panel.plot(drop.interval, [row + shift] * 2, color=colour, linewidth=1.4)
        panel.plot(means, places, "o", color=colour, markersize=5, label=name)
    named_rows(panel, metrics)
    panel.set_xlabel("change of balanced accuracy, mean over datasets and levels, 95 % interval")
    panel.set_title("What damage costs the probes")
    panel.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return as_svg(figure)
