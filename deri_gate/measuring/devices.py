"""Differences between a processor and a GPU: how large they may be, and what a report says."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deri_gate.metrics.profile import Profile

# Largest difference of a value of the standard definitions between devices, in its own unit; a test
# holds it where there is a GPU. What comes of pixels and labels alone is the same to the last bit.
TOLERANCE = MappingProxyType({
    "sharpness": 0.0,
    "noise_artifacts": 0.0,
    "exposure": 0.0,
    "resolution": 0.0,
    "duplicates": 0.0,
    "diversity": 1e-5,
    "separation": 1e-6,
    "imbalance": 0.0,
    "label_noise": 2e-3,
    "xai_overlay": 1e-5,
    "xai_stability": 1e-4,
})  # fmt: skip
SCORE_TOLERANCE = 0.5  # of DERI1000, which is 1000 in the median dataset


def device_note(profile: Profile, metrics: frozenset[str]) -> str:
    """Sentence on the device for the report; "" for a processor.

    Args:
        profile: Its definitions, and the device of its networks.
        metrics: Names of those measured.
    """
    if profile.device == "cpu":
        return ""
    trained = {m.name for m in profile.metrics if m.explains} & metrics
    if profile.definitions == "paper" and trained:
        beyond = "which differ from those of a processor as another seed's do"
        return f"networks ran on a GPU; explanations are of networks trained there, {beyond}"
    return "networks ran on a GPU"
