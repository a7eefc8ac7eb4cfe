"""Do the explanations sit on edges, text and markers?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deri_gate.metric import Answer, Metric, outliers, weighted_mean

if TYPE_CHECKING:
    from deri_gate.explaining import Explanations
    from deri_gate.metric import FloatArray


def xai_overlay(explanations: Explanations) -> Answer:
    """How much more the probe looks at the strongest edges of an image than by chance.

    A network that reads a marker instead of the organ looks at the sharpest thing there is. A
    marker on one class raises this value on every set tried (1.2 to 1.3, 0.9 to 1.2, 1.0 to
    1.3), noise hardly; so lower is better, against the paper's words, whose overlap with Canny
    edges is zero on small, smooth images and rises with noise.

    Args:
        explanations: Gives `edge_lift`, for a stratified sample of the images.

    Returns:
        No unit, 0 upwards; 1 when edges do not matter. Lower is better.
    """
    return _answer(explanations, explanations.edge_lift)


def paper_xai_overlay(explanations: Explanations) -> Answer:
    """Mean IoU of the hot part of the heat map and the Canny edges of the image, 0 to 1."""
    return _answer(explanations, explanations.overlay)


def _answer(explanations: Explanations, figures: FloatArray) -> Answer:
    values = explanations.spread(figures)
    return Answer(
        statistic=weighted_mean(values),
        per_image=values,
        suspects=outliers(values, worse=1),
        note=explanations.note,
    )


METRIC = Metric(
    name="xai_overlay",
    title="Explanations on edges and text",
    better="lower",
    low=0.0,
    high=float("inf"),
    unit="",
    spread_floor=0.05,
    hurt_by="xai_overlay",
    advice="Look for burnt-in text, rulers and markers; crop or mask them.",
    source="Sobel gradients; Canny (1986), doi:10.1109/TPAMI.1986.4767851, in the paper's words; "
    "DERI1000, section 3.2",
    compute=xai_overlay,
)
METRIC = replace(
    METRIC, paper=replace(METRIC, better="higher", high=1.0, compute=paper_xai_overlay)
)
