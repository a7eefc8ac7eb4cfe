"""Sentences on what is weak in a pool."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deri_gate.metrics.profile import PROFILES
from deri_gate.reports.text import printable
from deri_gate.schemas.pool import LEAST
from deri_gate.study.pools.beside import is_study_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.schemas.impact import Impact
    from deri_gate.schemas.pool import PoolProfile
    from deri_gate.scoring.influence import Influence
    from deri_gate.scoring.pool import Pool
    from deri_gate.study.pools.beside import StudyFiles

FAR = 0.005  # of a share: fitted weights that differ by more are of another run


def pool_warnings(
    pool: Pool, influence: Sequence[Influence], beside: StudyFiles
) -> tuple[str, ...]:
    """Say what a reader of the pool's numbers should know; nothing where all is well."""
    return (
        *influence_warnings(pool, influence),
        *_gaps(pool),
        *_of_another_state(pool, beside),
        *_selection(beside),
    )


def influence_warnings(pool: Pool, influence: Sequence[Influence]) -> list[str]:
    """A sentence for each dataset on which another's score hangs."""
    if len(pool.datasets) <= LEAST:
        return [f"{len(pool.datasets)} datasets are too few to leave one out."]
    said = []
    for influence_of in influence:
        most = influence_of.most_moved
        if influence_of.decides and most is not None:
            change = influence_of.moves[most]
            more = "more" if change > 0 else "less"
            said.append(
                f"{printable(influence_of.name)} has much influence: without it "
                f"{printable(most)} scores {abs(change):.0f} points {more}."
            )
    return said


def _gaps(pool: Pool) -> list[str]:
    used = {name for name, weight in pool.weights.items() if weight > 0}
    said = []
    for member in pool.datasets:
        if missing := sorted(used - member.metrics.keys()):
            said.append(f"{printable(member.name)} has no {', '.join(missing)}.")
        blank = [
            key for key in ("version", "licence", "source") if not getattr(member, key).strip()
        ]
        if blank:
            said.append(f"{printable(member.name)} has no {', '.join(blank)}.")
    return said


def _of_another_state(pool: Pool, beside: StudyFiles) -> list[str]:
    warnings = []
    if beside.sensitivity is not None and not is_study_of(beside.sensitivity, pool):
        warnings.append(
            f"sensitivity.json was measured against another state of the pool "
            f"({printable(beside.sensitivity.pool.hash)})."
        )
    explained = beside.sensitivity.budget.explained if beside.sensitivity is not None else None
    alike = {pool.profile.hash, _hash_when_explaining(explained, pool.profile)}
    warnings += [
        f"{name} was measured with profile {printable(document.profile.name)} "
        f"{printable(document.profile.hash)}, the pool with {pool.profile.name} "
        f"{pool.profile.hash}."
        for name, document, hashes in (
            ("sensitivity.json", beside.sensitivity, alike),
            ("detection.json", beside.detection, {pool.profile.hash}),
        )
        if document is not None and document.profile.hash not in hashes
    ]
    if beside.impact is not None and "fitted" in pool.other_weights:
        warnings += _other_fit(pool, beside.impact)
    return warnings


def _hash_when_explaining(explained: int | None, profile: PoolProfile) -> str:
    """Hash of a pool's profile with so many images explained: a study may explain fewer."""
    known = PROFILES.get(profile.name)
    if explained is None or known is None or known.hash != profile.hash:
        return profile.hash
    return replace(known, explained=explained).hash


def _other_fit(pool: Pool, impact: Impact) -> list[str]:
    own = pool.other_weights["fitted"]
    beside = {name: group.weight for name, group in impact.groups.items()}
    apart = max(abs(own.get(name, 0.0) - beside.get(name, 0.0)) for name in own.keys() | beside)
    if apart < FAR:
        return []
    return [f"The weights `fitted` differ from those of impact.json by up to {apart:.2g}."]


def _selection(beside: StudyFiles) -> list[str]:
    if beside.selection and all(effect.chosen for effect in beside.selection):
        count = len(beside.selection)
        return [f"All {count} candidates were chosen: the ranking left none out."]
    return []
