"""Identity of what a `metrics.json` was measured with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.scoring.pool import ProfileId

if TYPE_CHECKING:
    from deri_gate.schemas.metrics import MetricsDocument


def profile_id(document: MetricsDocument) -> ProfileId:
    """Profile of a document, and the definition of each of its values."""
    definition_of = {name: value.definition for name, value in document.metrics.items()}
    definitions = {name: text for name, text in definition_of.items() if text is not None}
    return ProfileId(
        name=document.profile.name, hash=document.profile.hash, definitions=definitions
    )
