"""Note of a report on the device on which networks ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deri_gate.metrics.profile import Profile


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
        beyond = "which differ from those of a CPU as two seeds differ"
        return f"networks ran on a GPU; explanations are of networks trained there, {beyond}"
    return "networks ran on a GPU"
