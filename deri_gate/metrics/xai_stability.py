"""Do the explanations stay where they are when the image changes by what nobody sees?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deri_gate.metrics.base import Metric
from deri_gate.metrics.records import explained_answer

if TYPE_CHECKING:
    from deri_gate.metrics.base import Answer
    from deri_gate.metrics.records import Explanations, PaperExplanations


def xai_stability(explanations: Explanations) -> Answer:
    """Correlation of an image's heat map with that of the image without its faint texture.

    A bilateral filter keeps what a person sees and takes out what nobody does: micro-perturbations
    and noise, if there are any. Where the map then moves, it rested on them. Adding more
    noise instead was tried and given up: a map that noise has moved already stands firm
    against more of it. IROF and pixel flipping, the paper's words, rise with noise and with
    shortcuts; their gaps to the inverse order do not see micro-perturbations.

    Args:
        explanations: Gives `steadiness`, for a stratified sample of the images.

    Returns:
        Correlation of the two maps, -1 to 1. Higher is better.
    """
    return explained_answer(explanations, explanations.steadiness, worse=-1)


def paper_xai_stability(paper_explanations: PaperExplanations) -> Answer:
    """Mean of IROF and pixel flipping themselves, 0 to 1."""
    figures = (paper_explanations.irof + paper_explanations.pixel_flipping) / 2
    return explained_answer(paper_explanations, figures, worse=-1)


METRIC = Metric(
    name="xai_stability",
    title="Stability of explanations",
    better="higher",
    low=-1.0,
    high=1.0,
    unit="",
    spread_floor=0.2,  # 128 images leave a standard error of .02: a tenth, 4 points of 100
    hurt_by="xai_stability",
    advice="Check whether the image shows its class, or only noise or fine texture decides.",
    source="Tomasi and Manduchi (1998), doi:10.1109/ICCV.1998.710815 (the filter); Rieger and "
    "Hansen (2020), arXiv:2003.08747, and Bach et al. (2015), doi:10.1371/journal.pone.0130140, "
    "in the paper's words",
    published_weight=0.0266,
    version=2,
    compute=xai_stability,
)
METRIC = replace(
    METRIC, paper=replace(METRIC, spread_floor=0.02, version=1, compute=paper_xai_stability)
)
