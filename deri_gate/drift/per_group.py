"""Every feature for each group of the batch: which scanner, site or ward it is that drifts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.drift.records import DriftTest, GroupDrift
from deri_gate.drift.testing import drift_sentence, drift_tests
from deri_gate.stats.permutation import PERMUTATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.arrays import IntArray
    from deri_gate.stats.permutation import DriftFeature

LEAST = 20  # images of a group that is looked at; fewer tell little
MOST = 50  # groups looked at, the largest ones
MORE = 10  # times as many permutations at most, so that p adjusted for many groups can be small
AGAINST = 2_000  # images of the baseline that a group is compared with, drawn at random


def group_drifts(
    features: Sequence[DriftFeature],
    ids: Sequence[str],
    groups: tuple[Sequence[str] | None, Sequence[str]],
    *,
    rng: np.random.Generator,
) -> tuple[tuple[GroupDrift, ...], int]:
    """Compare each group of the batch with its own past, or with all of the baseline.

    Sites differ from one another, and need not stop the line for that: a group of which the
    baseline has enough images is held against those alone.

    Args:
        features: Features of the baseline's images and the batch's, these last.
        ids: Ids of the images of the batch.
        groups: Group of each image, of the baseline (None: it has none) and of the batch.
        rng: Seeded.

    Returns:
        The groups, worst first, p corrected for the number of groups as well; and how many are
        too small, or too many, to be looked at.
    """
    numbers = Counter(name for name in groups[1] if name)
    large = [name for name, images in numbers.most_common(MOST) if images >= LEAST]
    before = np.array(groups[0] or [""] * (len(features[0].rows) - len(ids)), dtype=object)
    after = np.array(groups[1], dtype=object)
    permutations, drifts = PERMUTATIONS * min(MORE, len(large)), []
    for name in sorted(large):
        past, known = _past(before, name, rng)
        members = np.flatnonzero(after == name)
        some = [
            feature.among(np.concatenate([past, len(before) + members])) for feature in features
        ]
        tests = drift_tests(
            some, [ids[i] for i in members.tolist()], rng=rng, permutations=permutations
        )
        drifts.append(
            GroupDrift(
                name=name,
                images=len(members),
                of_group=len(past),
                known=known,
                tests=tuple(_for_groups(test, len(large)) for test in tests),
            )
        )
    return tuple(sorted(drifts, key=lambda g: (g.least_p, -_strongest(g)))), len(numbers) - len(
        large
    )


def _past(before: IntArray, name: str, rng: np.random.Generator) -> tuple[IntArray, bool]:
    """Positions in the baseline to compare a group with, and whether they are of that group."""
    own = np.flatnonzero(before == name)
    known = len(own) >= LEAST
    there = own if known else np.arange(len(before))
    if len(there) > AGAINST:
        there = np.sort(rng.choice(there, AGAINST, replace=False))
    return there, known


def _for_groups(test: DriftTest, groups: int) -> DriftTest:
    """With p corrected for so many groups, by Bonferroni's rule."""
    adjusted = min(1.0, groups * test.adjusted_p)
    return replace(
        test, adjusted_p=adjusted, sentence=drift_sentence(test.name, test.effect, adjusted)
    )


def _strongest(group: GroupDrift) -> float:
    return max((abs(test.effect) / test.smallest for test in group.tests), default=0.0)
