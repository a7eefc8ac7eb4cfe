"""Sentence on a scored dataset that is itself in the pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.reports.text import printable, whole

if TYPE_CHECKING:
    from deri_gate.scoring.score import Scored


def member_text(scored: Scored) -> str:
    """Sentence on a dataset of the pool itself, which counts among its own judges; or nothing."""
    if scored.member is None:
        return ""
    alone = scored.member.without_itself
    score = (
        "Too few datasets are left to score it against the others."
        if alone is None
        else f"Against the others alone it has {scored.title} {whole(alone)}."
    )
    return f"This dataset is in the pool, as {printable(scored.member.name)}. {score}"
