"""Does the order of importance that the explanations give mean anything?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deri_gate.metric import Answer, Metric, outliers, weighted_mean

if TYPE_CHECKING:
    from deri_gate.explaining import Explanations
    from deri_gate.metric import FloatArray


def xai_stability(explanations: Explanations) -> Answer:
    """How much more it hurts to remove what an explanation calls important than what it does not.

    Mean of the quality gaps of IROF and pixel flipping. The plain areas, the paper's words, rise
    with noise and with shortcuts; the gap to the inverse order does not.

    Args:
        explanations: Gives `irof_gap` and `pixel_flipping_gap`.

    Returns:
        No unit, -1 to 1; 0 for explanations that carry no information. Higher is better.
    """
    return _answer(explanations, explanations.irof_gap, explanations.pixel_flipping_gap)


def paper_xai_stability(explanations: Explanations) -> Answer:
    """Mean of IROF and pixel flipping themselves, 0 to 1."""
    return _answer(explanations, explanations.irof, explanations.pixel_flipping)


def _answer(explanations: Explanations, by_segment: FloatArray, by_pixel: FloatArray) -> Answer:
    values = explanations.spread((by_segment + by_pixel) / 2)
    return Answer(
        statistic=weighted_mean(values),
        per_image=values,
        suspects=outliers(values, worse=-1),
        note=explanations.note,
    )


METRIC = Metric(
    name="xai_stability",
    title="Quality of explanations",
    better="higher",
    low=-1.0,
    high=1.0,
    unit="",
    spread_floor=0.02,
    hurt_by="xai_stability",
    advice="Look whether the image shows its class at all.",
    source="Rieger and Hansen (2020), arXiv:2003.08747; Bach et al. (2015), "
    "doi:10.1371/journal.pone.0130140; QGE (2025)",
    compute=xai_stability,
)
METRIC = replace(METRIC, paper=replace(METRIC, compute=paper_xai_stability))
