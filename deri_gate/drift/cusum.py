"""Since when: a rule over a sequence of comparisons that tells news once.

For each feature the evidence of the comparisons piles up (a cumulative sum, Page 1954): a
comparison adds the normal score of its adjusted p less an allowance, and the sum never falls
below 0. Drift starts when the sum passes the limit. An adjusted p below 0.001 does so at once;
weaker signs need to come again. Once it has started it is not reported again until it ends: when
two comparisons more speak against it than for it.

False alarms. Where nothing drifts, the adjusted p-values of all features together behave like one
p-value at worst, and each feature's sum stays below the sum of the smallest p. So however many
features there are, a false start comes once in 480 comparisons or more seldom on average, with a
weekly batch once in nine years. Simulated in tests/drift/test_drift_watching.py.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

from deri_gate.drift.records import CERTAIN, Watch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ALLOWANCE = 1.25  # normal score that counts neither for drift nor against it
LIMIT = -NormalDist().inv_cdf(CERTAIN) - ALLOWANCE
HIGHEST = 2 * LIMIT  # what the sum is held to, for a picture that can be read
QUIET = 2.0  # comparisons more against drift than for it, after which it is over
WEAKEST = -3.0  # normal score of a p near 1


def watched(comparisons: Sequence[Mapping[str, float | None]]) -> list[Watch]:
    """Apply the rule to each of these comparisons.

    Args:
        comparisons: In order of time, by feature the adjusted p that counts; a feature that is
            None or absent was not tested, and nothing changes for it.
    """
    scores: dict[str, float] = {}
    quiet: dict[str, float] = {}  # of each feature in drift, how much speaks against it
    watches = []
    for number, comparison in enumerate(comparisons, start=1):
        before = set(quiet)
        for name, p in comparison.items():
            if p is not None:
                _take(name, normal_score(p) - ALLOWANCE, scores, quiet)
        watches.append(
            Watch(
                comparisons=number,
                scores=dict(scores),
                drifting=tuple(quiet),
                started=tuple(name for name in quiet if name not in before),
                ended=tuple(sorted(before - set(quiet))),
            )
        )
    return watches


def _take(name: str, sign: float, scores: dict[str, float], quiet: dict[str, float]) -> None:
    """Let one comparison count: `sign` above 0 speaks for drift."""
    scores[name] = min(HIGHEST, max(0.0, scores.get(name, 0.0) + sign))
    if name in quiet:
        quiet[name] = max(0.0, quiet[name] + min(1.0, -sign))
        if quiet[name] >= QUIET:
            del quiet[name]
            scores[name] = 0.0
    elif scores[name] >= LIMIT:
        quiet[name] = 0.0


def normal_score(p: float) -> float:
    """Standard deviations that a p-value is worth: 0 at 0.5, 3.1 at 0.001."""
    return max(WEAKEST, -NormalDist().inv_cdf(p)) if p < 1 else WEAKEST
