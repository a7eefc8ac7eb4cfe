"""Rank correlation of each subscore, and of U, with the balanced accuracy of probes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.study.figures.style import COLOURS, as_svg, canvas, named_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from deri_gate.schemas.impact import AgreementInfo, RanksInfo

KINDS = {"within": COLOURS[0], "between": COLOURS[1]}
APART = 0.3


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
        _draw_kind(panel, [*rows.values()], kind, colour=colour, shift=APART * (k - 0.5))
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
