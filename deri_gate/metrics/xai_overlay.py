"""Do the explanations sit on edges, text and markers?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deri_gate.metrics.base import Metric
from deri_gate.metrics.records import explained_answer
from deri_gate.runtime.figures import SHARE

if TYPE_CHECKING:
    from deri_gate.metrics.base import Answer
    from deri_gate.metrics.records import Explanations, PaperExplanations


def xai_overlay(explanations: Explanations) -> Answer:
    """Share of the probe's heat on edges as steep as those of burnt-in marks.

    A network that reads a marker instead of the organ looks at the steepest thing there is.
    Heat maps or markers burnt in raise this share on each of eleven sets, noise hardly moves it; so
    lower is better, against the paper's words: their overlap with Canny edges is zero on small,
    smooth images and rises with noise. A share relative to that of the area was tried and
    given up: what is burnt in adds area and heat alike, and it fell as often as it rose.

    Args:
        explanations: Gives `on_edges`, for a stratified sample of the images.

    Returns:
        Share of the heat, 0 to 1. Lower is better.
    """
    return explained_answer(explanations, explanations.on_edges, worse=1)


def paper_xai_overlay(paper_explanations: PaperExplanations) -> Answer:
    """Mean IoU of the hot part of the heat map and the Canny edges of the image, 0 to 1."""
    return explained_answer(paper_explanations, paper_explanations.overlay, worse=1)


METRIC = Metric(
    name="xai_overlay",
    title="Explanations on edges and text",
    better="lower",
    low=0.0,
    high=1.0,
    unit=SHARE,
    scale="log",
    smallest=0.002,  # a pixel's rim in one image of a hundred
    spread_floor=0.3,
    hurt_by="xai_overlay",
    advice="Look for burnt-in text, rulers and markers. Crop or mask them.",
    source="Sobel gradients; Canny (1986), doi:10.1109/TPAMI.1986.4767851, in the paper's words; "
    "DERI1000, section 3.2",
    published_weight=0.0414,
    version=2,
    compute=xai_overlay,
)
METRIC = replace(
    METRIC,
    paper=replace(
        METRIC,
        better="higher",
        scale="linear",
        smallest=0.0,
        spread_floor=0.05,
        version=1,
        compute=paper_xai_overlay,
    ),
)
