"""Plan of the runs, and all that decides the result of each."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from deri_gate.damage import Recipe
from deri_gate.features.linear_probe import VERSION as PROBE
from deri_gate.networks.budget import BASELINE, LINEAR, UNDAMAGED, VERSION
from deri_gate.runtime.hashing import json_digest

if TYPE_CHECKING:
    from deri_gate.metrics.profile import Profile
    from deri_gate.networks.budget import Budget


@dataclass(frozen=True, kw_only=True)
class TrainingRun:
    """One network trained on one variant of one dataset.

    Attributes:
        group: What was done to the training images; "baseline" for nothing.
        level: How much of it.
        architecture: Name in `ARCHITECTURES`.
        seed: Seed of weights and order.
        recipe: Hash of everything that decides the result; runs of one recipe are the same.
    """

    group: str
    level: str
    architecture: str
    seed: int
    recipe: str


def planned(
    fingerprint: str, budget: Budget, *, profile: Profile, seed: int
) -> tuple[TrainingRun, ...]:
    """All runs of a budget on a dataset, variant after variant, the baseline first.

    Args:
        fingerprint: Fingerprint of the training and test images.
        budget: What to train.
        profile: Whose encoder the linear probe stands on.
        seed: Seed of all damage, and of each CNN's first run.
    """
    return tuple(
        TrainingRun(
            group=group,
            level=level,
            architecture=architecture,
            seed=own,
            recipe=_recipe(fingerprint, group, level, architecture, own, budget, profile, seed),
        )
        for group, level in ((BASELINE, UNDAMAGED), *budget.variants)
        for architecture in budget.architectures
        for own in range(seed, seed + (1 if architecture == LINEAR else budget.repeats))
    )


def _recipe(  # noqa: PLR0917
    fingerprint: str,
    group: str,
    level: str,
    architecture: str,
    own: int,
    budget: Budget,
    profile: Profile,
    seed: int,
) -> str:
    damage = budget.scenes if group == BASELINE else ((group, level),)
    settings = {
        "version": VERSION,
        "fingerprint": fingerprint,
        "group": group,
        "damage": [asdict(Recipe.of(fingerprint, *step, seed=seed)) for step in damage],
        "architecture": architecture,
        "how": (
            [PROBE, profile.network_hash]
            if architecture == LINEAR
            else [own, budget.epochs, budget.size, budget.batch, budget.lr, budget.pretrained]
        ),
    }
    return json_digest(settings)
