"""Context of all measurements: definitions, cache and machine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deri_gate.runtime.device import device_kind

if TYPE_CHECKING:
    from deri_gate.metrics.profile import Profile
    from deri_gate.runtime.engine import Machine
    from deri_gate.runtime.store import Store


@dataclass(frozen=True, kw_only=True)
class Context:
    """By which definitions, with which results at hand, and on which machine.

    The profile is that of the machine's device, whose results are kept apart.
    """

    profile: Profile
    store: Store
    machine: Machine

    def __post_init__(self) -> None:
        device = device_kind(self.machine.device)
        if device != self.profile.device:
            object.__setattr__(self, "profile", replace(self.profile, device=device))
