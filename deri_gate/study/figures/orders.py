"""Rank correlation of each subscore, and of U, with the balanced accuracy of probes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.study.figures.style import COLOURS, as_svg, canvas, named_rows

if TYPE_CHECKING:
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
        shift = APART * (k - 0.5)
        values = [(row + shift, getattr(own, kind)) for row, own in enumerate(rows.values())]
        for row, own in enumerate(rows.values()):
            between = getattr(own.intervals, kind, None)
            if between is not None:
                panel.plot(between, [row + shift] * 2, color=colour, linewidth=1.4)
        known = [(place, value) for place, value in values if value is not None]
        panel.plot([v for _, v in known], [p for p, _ in known], "o", color=colour, markersize=5,
                   label=f"{kind} datasets")  # fmt: skip
    named_rows(panel, list(rows))
    panel.set_xlim(-1.02, 1.02)
    panel.set_xlabel("Spearman's rank correlation with the probes' balanced accuracy")
    panel.set_title(f"Order of {agreement.variants} variants")
    panel.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return as_svg(figure)
