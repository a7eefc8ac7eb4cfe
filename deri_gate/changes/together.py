"""Splits asked together: what is too little in each of them may be much in all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.changes.hypotheses import LIKELY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.changes.hypothesis import Hypothesis
    from deri_gate.changes.records import Kind

# Images that are held against what they were: a test of its own in each split.
PAIRED: tuple[Kind, ...] = ("modified", "relabelled", "unchanged")
ALL_SPLITS = 0.2  # share of the chance of a false alarm that is left to all splits together
# Covariance of -2 log p of two one-sided normal tests, by powers of their correlation (Kost and
# McDermott 2002, Combining dependent p-values).
COVARIANCE = (3.263, 0.710, 0.027)


def beside_other_splits(asked: Sequence[Hypothesis]) -> list[Hypothesis]:
    """Each split's tests: the surer of what it says itself and what all splits say together.

    A split that is not unlikely by itself takes nothing from the others.

    Args:
        asked: At most one of each kind and property from each split.
    """
    alike: dict[tuple[Kind, str], list[Hypothesis]] = {}
    for test in filter(_can_join, asked):
        alike.setdefault((test.kind, test.about), []).append(test)
    return [
        _beside(test, alike[test.kind, test.about]) if _can_join(test) else test for test in asked
    ]


def _can_join(test: Hypothesis) -> bool:
    known = test.kind in PAIRED or test.shared > 0
    return known and test.direction == "worse" and test.finding.open


def _beside(test: Hypothesis, every: Sequence[Hypothesis]) -> Hypothesis:
    if len(every) == 1:
        return test
    own = test.finding.p / (1 - ALL_SPLITS)
    joint = _joint(every) / ALL_SPLITS
    surer = test.finding.p < LIKELY and joint < own
    finding = test.finding._replace(p=min(1.0, joint if surer else own))
    return replace(test, finding=finding, together=surer)


def _joint(every: Sequence[Hypothesis]) -> float:
    """P of all tests together, by Fisher (1932).

    New images of all splits are held against the same images. What these happen to be is no
    evidence of its own in each split, so the sum is scaled as in Brown (1975).
    """
    found = np.maximum([test.finding.p for test in every], np.finfo(float).tiny)
    root = np.sqrt([test.shared for test in every])
    between = np.outer(root, root)[np.triu_indices(len(every), 1)]
    usual = 4 * len(every)  # variance of the sum where tests are independent, twice its mean
    scale = 1 + 2 * sum(c * (between**i).sum() for i, c in enumerate(COVARIANCE, 1)) / usual
    return float(scipy.special.chdtrc(2 * len(every) / scale, -2 * np.log(found).sum() / scale))
