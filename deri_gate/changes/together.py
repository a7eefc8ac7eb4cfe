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

# Images that are held against what they were. New ones of all splits are held against the same
# images: what these happen to be is no evidence of its own in each split.
PAIRED: tuple[Kind, ...] = ("modified", "relabelled", "unchanged")
ALL_SPLITS = 0.2  # share of the chance of a false alarm that is left to all splits together


def beside_other_splits(asked: Sequence[Hypothesis]) -> list[Hypothesis]:
    """Each split's tests: the surer of what it says itself and what all splits say together.

    By Fisher (1932). A split that is not unlikely by itself takes nothing from the others.

    Args:
        asked: At most one of each kind and property from each split.
    """
    alike: dict[tuple[Kind, str], list[float]] = {}
    for test in filter(_can_join, asked):
        alike.setdefault((test.kind, test.about), []).append(test.finding.p)
    return [
        _beside(test, alike[test.kind, test.about]) if _can_join(test) else test for test in asked
    ]


def _can_join(test: Hypothesis) -> bool:
    return test.kind in PAIRED and test.direction == "worse" and test.finding.open


def _beside(test: Hypothesis, every: Sequence[float]) -> Hypothesis:
    if len(every) == 1:
        return test
    own = test.finding.p / (1 - ALL_SPLITS)
    above_zero = np.maximum(every, np.finfo(float).tiny)
    fisher = scipy.stats.combine_pvalues(above_zero, method="fisher")
    joint = float(fisher.pvalue) / ALL_SPLITS
    surer = test.finding.p < LIKELY and joint < own
    finding = test.finding._replace(p=min(1.0, joint if surer else own))
    return replace(test, finding=finding, together=surer)
