"""The answers to all questions about changed images, corrected for how many were asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.changes.hypotheses import hypotheses
from deri_gate.changes.records import SHAPES, SHOWN, ChangeTest
from deri_gate.changes.sentences import change_sentence, title_of
from deri_gate.changes.shapes import difference_of
from deri_gate.changes.together import beside_other_splits
from deri_gate.stats.rank_tests import holm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.changes.hypothesis import Hypothesis
    from deri_gate.changes.pair import DatasetPair

MOST = 100  # ids that a test names


def tests_of(*pairs: DatasetPair) -> tuple[ChangeTest, ...]:
    """Every question that there are images for, corrected by Holm for all of a kind.

    Args:
        *pairs: Base and head, a pair for each split that is looked at.
    """
    asked = [(sides, test) for sides in pairs for test in hypotheses(sides)]
    tests = beside_other_splits([test for _, test in asked])
    splits = [sides for sides, _ in asked]
    adjusted = _adjusted([(side.split, test) for side, test in zip(splits, tests, strict=True)])
    found = zip(splits, tests, adjusted, _worst_cases([test for _, test in asked]), strict=True)
    return tuple(_test(test, sure, worst, sides) for sides, test, sure, worst in found)


def _worst_cases(asked: Sequence[Hypothesis]) -> list[float | None]:
    """Adjusted p that each test would have, were all its images worse than all known ones.

    None for those that are not asked so, which are sure beside other splits. Worst values open a
    test that is closed where all values are alike, so it counts as well.
    """
    sure = (test.worst or test.finding._replace(p=0.0) for test in asked)
    worst = [replace(test, finding=finding) for test, finding in zip(asked, sure, strict=True)]
    counted = sum(_counts(test) and not _is_shape(test) for test in worst)
    return [
        min(1.0, counted * test.finding.p) if test.worst else None
        for test in beside_other_splits(worst)
    ]


def _adjusted(asked: Sequence[tuple[str, Hypothesis]]) -> list[float]:
    """By Holm, for as many tests as could be false alarms of their own.

    Those that could not have come out otherwise take no part, as in Tarone (1990): images of one
    size leave nothing to ask about size, and must not make the other answers less sure.
    """
    known: dict[tuple[str, str, str], float] = {}
    for family in (False, True):
        own = [(split, one) for split, one in asked if _counts(one) and _is_shape(one) == family]
        names = ((split, one.kind, one.about) for split, one in own)
        known |= zip(names, holm([one.finding.p for _, one in own]), strict=True)
    return [
        known.get((split, test.kind, test.answers or test.about), 1.0)
        if test.finding.p < 1
        else 1.0
        for split, test in asked
    ]


def _counts(test: Hypothesis) -> bool:
    """True for a test that could be a false alarm of its own."""
    return test.finding.open and not test.answers


def _is_shape(test: Hypothesis) -> bool:
    """True for a question that has no bad direction. It must not make the others less sure."""
    return test.about in SHAPES


def _test(one: Hypothesis, adjusted: float, worst: float | None, sides: DatasetPair) -> ChangeTest:
    finding, count, split = one.finding, len(one.positions), sides.split
    ids = (sides.base if one.kind == "removed" else sides.head).evidence.ids
    order = np.argsort(-np.nan_to_num(finding.contributions, nan=-np.inf), kind="stable")
    suspects = [int(i) for i in order[:MOST] if np.isfinite(finding.contributions[i])]
    return ChangeTest(
        name=f"{split}/{one.kind}.{one.about}" if split else f"{one.kind}.{one.about}",
        title=title_of(one.kind, one.about, split),
        kind=one.kind,
        about=one.about,
        direction=one.direction,
        count=count,
        effect=finding.effect,
        p=finding.p,
        adjusted_p=adjusted,
        images=tuple(ids[one.positions[i]] for i in suspects),
        sentence=_sentence(one, adjusted, sides),
        split=split,
        groups=one.groups,
        worst_case_p=worst,
    )


def _sentence(one: Hypothesis, adjusted: float, sides: DatasetPair) -> str:
    """A sentence on the result, and another on how images differ, such as a cast of colour."""
    said = change_sentence(
        one.kind,
        one.about,
        len(one.positions),
        one.finding.effect,
        adjusted,
        groups=one.groups,
        among=one.among,
        split=sides.split,
        together=one.together,
    )
    more = difference_of(one.about, sides, one.positions) if adjusted < SHOWN else ""
    return f"{said} {more}".rstrip()
