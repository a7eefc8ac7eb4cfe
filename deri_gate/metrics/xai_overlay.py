"""Do the explanations sit on edges, text and markers?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.metric import Answer, Metric, outliers, weighted_mean

if TYPE_CHECKING:
    from deri_gate.explaining import Explanations


def xai_overlay(explanations: Explanations) -> Answer:
    """How much of what the probe looks at is edges and text: mean IoU of the two.

    On real sets it rises when a marker is put on one class, which is the failure to fear: a
    network that reads the marker instead of the organ. So lower is better, against the paper's
    words.

    Args:
        explanations: Gives `overlay`, for a stratified sample of the images.

    Returns:
        No unit, 0 to 1. Lower is better.

    Raises:
        UnmeasurableError: When no explanation carries information.
    """
    values = explanations.spread(explanations.overlay)
    return Answer(
        statistic=weighted_mean(values),
        per_image=values,
        suspects=outliers(np.sqrt(values), worse=1),
        note=explanations.note,
    )


METRIC = Metric(
    name="xai_overlay",
    title="Explanations on edges and text",
    better="lower",
    low=0.0,
    high=1.0,
    unit="",
    spread_floor=0.01,
    hurt_by="xai_overlay",
    advice="Look for burnt-in text, rulers and markers; crop or mask them.",
    source="Canny (1986), doi:10.1109/TPAMI.1986.4767851; DERI1000, section 3.2",
    compute=xai_overlay,
)
METRIC = replace(METRIC, paper=replace(METRIC, better="higher"))
