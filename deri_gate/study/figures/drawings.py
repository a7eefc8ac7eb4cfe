"""Pictures of a study: weights, damage, probes and their order (figures 5 to 8), properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.damage.catalogue import ALL_LEVELS
from deri_gate.networks.budget import BASELINE
from deri_gate.schemas.study import HEADLINE, SCENARIO
from deri_gate.study.figures.style import COLOURS, as_svg, canvas, named_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.axes import Axes

    from deri_gate.schemas.impact import AgreementInfo, Impact, RanksInfo
    from deri_gate.schemas.properties import PropertiesDocument
    from deri_gate.schemas.study import CellInfo, SensitivityDocument

SHADES = dict(zip(ALL_LEVELS, (COLOURS[4], COLOURS[0], "#003a5c", "#7f7f7f"), strict=True))
KINDS = {"within": COLOURS[0], "between": COLOURS[1]}
BETWEEN_LEVELS, BETWEEN_KINDS, BETWEEN_NETWORKS = 0.24, 0.3, 0.22  # of a row


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
        shift = BETWEEN_LEVELS * (place - (len(levels) - 1) / 2)
        known = [
            (row + shift, cells[g][level]) for row, g in enumerate(groups) if level in cells[g]
        ]
        _draw_level(panel, level, known)
    named_rows(panel, groups)
    panel.set_xlabel("change of DERI1000; bar: median, dot: the dataset in which it falls least")
    panel.set_title(f"DERI1000 under damage, {len(sensitivity.datasets)} datasets")
    panel.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return as_svg(figure)


def _draw_level(panel: Axes, level: str, known: list[tuple[float, CellInfo]]) -> None:
    bars = [(row, cell.median_change) for row, cell in known if cell.median_change is not None]
    panel.barh([row for row, _ in bars], [change for _, change in bars],
               height=BETWEEN_LEVELS * 0.9, color=SHADES[level], label=level)  # fmt: skip
    dots = [(row, cell.highest) for row, cell in known if cell.highest is not None]
    panel.plot([change for _, change in dots], [row for row, _ in dots], "o", color=SHADES[level],
               markeredgecolor="white", markersize=4.5)  # fmt: skip


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
        shift = BETWEEN_NETWORKS * (k - (len(impact.architectures) - 1) / 2)
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


def draw_orders(agreement: AgreementInfo) -> bytes:
    """Spearman's coefficient within and between datasets, with 95 % intervals over datasets."""
    rows: dict[str, RanksInfo] = {
        f"U, {name} weights": own
        for name, own in agreement.spearman.items()
        if name != "agreement"  # fitted to these very variants
    }
    rows |= agreement.subscores
    figure, panel = canvas(len(rows))
    panel.axvline(0, color="black", linewidth=0.8)
    for k, (kind, colour) in enumerate(KINDS.items()):
        _draw_kind(panel, [*rows.values()], kind, colour=colour, shift=BETWEEN_KINDS * (k - 0.5))
    named_rows(panel, list(rows))
    panel.set_xlim(-1.02, 1.02)
    panel.set_xlabel("Spearman's rank correlation with the probes' balanced accuracy")
    panel.set_title(f"Order of {agreement.variants} variants")
    panel.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return as_svg(figure)


def _draw_kind(
    panel: Axes, rows: Sequence[RanksInfo], kind: str, *, colour: str, shift: float
) -> None:
    """A dot and an interval a row, where they are known."""
    for row, ranks in enumerate(rows):
        interval = getattr(ranks.intervals, kind, None)
        if interval is not None:
            panel.plot(interval, [row + shift] * 2, color=colour, linewidth=1.4)
    values = [(getattr(ranks, kind), row + shift) for row, ranks in enumerate(rows)]
    known = [(value, height) for value, height in values if value is not None]
    panel.plot([value for value, _ in known], [height for _, height in known], "o", color=colour,
               markersize=5, label=f"{kind} datasets")  # fmt: skip


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
