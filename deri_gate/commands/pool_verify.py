"""`deri-gate pool verify`: are these the images that a pool was measured on?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from deri_gate.commands.several_datasets import opened
from deri_gate.measuring.evidence import Evidence
from deri_gate.metrics.context import Context
from deri_gate.metrics.profile import profile_named
from deri_gate.runtime.arguments import checking_arguments
from deri_gate.runtime.engine import NORMAL
from deri_gate.runtime.store import Store, default_folder
from deri_gate.runtime.threads import one_blas_thread
from deri_gate.scoring.pool import find_pool, read_pool

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deri_gate.runtime.engine import Machine
    from deri_gate.schemas.pool import Member

State = Literal["same", "other", "unknown", "missing"]


@dataclass(frozen=True, kw_only=True)
class MemberImages:
    """A dataset held against the pool's dataset of its name.

    Attributes:
        name: Name of the dataset.
        state: "same" images and labels; "other" ones; "unknown" where the pool has none of the
            name; "missing" where the pool has it and it was not given.
        images: Number of images in the pool; in the given dataset where the pool has none.
        expected: Fingerprint in the pool; empty where it has none.
        found: Fingerprint of the given dataset; empty where none was given.
    """

    name: str
    state: State
    images: int
    expected: str
    found: str


@checking_arguments()
@one_blas_thread()
def pool_verify(
    pool: str | Path, datasets: Sequence[str | Path], *, machine: Machine = NORMAL
) -> tuple[MemberImages, ...]:
    """Hold images and labels of datasets against the fingerprints in a pool.

    Args:
        pool: A shipped pool's name, a folder, or its file.
        datasets: In any form; as `NAME=DATASET`, by their names in the pool.
        machine: How to compute.

    Returns:
        One entry a dataset, those of the pool first.

    Raises:
        PoolError: If there is no such pool, or it cannot be read.
        DatasetError: If a dataset cannot be opened.
    """
    reference = read_pool(find_pool(pool))
    context = Context(
        profile=profile_named(reference.profile.name),
        store=Store(default_folder()),
        machine=machine,
    )
    given = opened(datasets)
    fingerprints = {
        name: Evidence(dataset, context, frozenset({"images"})).fingerprint
        for name, dataset in given.items()
    }
    members = {member.name: member for member in reference.datasets}
    others = (name for name in given if name not in members)
    return tuple(
        MemberImages(
            name=name,
            state=_state(members.get(name), fingerprints.get(name)),
            images=members[name].images if name in members else len(given[name]),
            expected=members[name].fingerprint if name in members else "",
            found=fingerprints.get(name, ""),
        )
        for name in (*members, *others)
    )


def _state(member: Member | None, fingerprint: str | None) -> State:
    """Compare a dataset of the pool with the given one's fingerprint."""
    if member is None:
        return "unknown"
    if fingerprint is None:
        return "missing"
    return "same" if fingerprint == member.fingerprint else "other"
