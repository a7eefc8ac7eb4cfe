"""Signs: measures each of which tells one damage by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray
    from deri_gate.measuring.looks import Looks

# Added to the share of peaks, and to their levels: digits have next to none.
RARE, LOW = 0.002, 64
# Further measures, each of which is the sign of one damage by itself, and the unit of each. Of
# several signs of an image the first is told: dark corners have few peaks, too.
SIGNS = {
    "box_share": 0.007,
    "interlacing": 0.05,  # log
    "finer_down": 0.05,  # log
    "finer_across": 0.05,  # log
    "corner_shade": 0.05,  # log
    "softness": 0.05,  # log
    "smear": 0.05,  # log
    "smoothness": 0.1,  # log of one over the share of peaks
    "uneven_levels": 0.03,  # log
    "grain": 0.05,  # log of one over softness
    "spikes": 0.1,  # log
}


def signs_of(looks: Looks) -> dict[str, FloatArray]:
    """Signs of damage on scales on which it shifts them alike, by name, (N,) each.

    Args:
        looks: Looks of the images.
    """
    return {
        "box_share": looks.box_share,
        "interlacing": np.log(looks.interlacing),
        "uneven_levels": np.log(looks.uneven_levels),
        "finer_down": np.log(looks.finer_down),
        "finer_across": -np.log(looks.finer_down),
        "softness": np.log(looks.softness),
        "smear": np.log(looks.smear),
        "grain": -np.log(looks.softness),
        "smoothness": -np.log(looks.peaks + RARE),
        "spikes": np.log(looks.spikes + LOW),
        "corner_shade": np.log(looks.corner_shade),
    }
