"""Context of all measurements: definitions, cache and machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deri_gate.metrics.profile import Profile
    from deri_gate.runtime.engine import Machine
    from deri_gate.runtime.store import Store


@dataclass(frozen=True, kw_only=True)
class Context:
    """By which definitions, with which results at hand, and on which machine."""

    profile: Profile
    store: Store
    machine: Machine
