"""Spread of the grey levels of an image."""

import numpy as np

from deri_gate.metrics.base import Metric


def grey_spread(picture):
    """Standard deviation of the grey levels.

    Args:
        picture: Grey levels, shape (H, W), 0 to 255.

    Returns:
        Their spread, 0 (one grey) to 127.5 (black and white). Higher is better.
    """
    return float(np.std(picture))


METRIC = Metric(
    name="grey_spread",
    title="Spread of grey levels",
    better="higher",
    low=0.0,
    high=255.0,
    unit="",
    spread_floor=1.0,
    hurt_by="exposure",
    advice="Look at how the images were scaled.",
    source="the standard deviation of grey levels",
    of_image=grey_spread,
)
