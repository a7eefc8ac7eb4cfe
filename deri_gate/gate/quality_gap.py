"""The quality gap of the explanations, as rows that a suite may limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.gate.following import FollowingSuite, LimitChange
from deri_gate.gate.records import Row
from deri_gate.measuring.quality_gap import GAP_ROWS
from deri_gate.runtime.counts import counted
from deri_gate.schemas.suite import SuiteExpectation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.measuring.quality_gap import QualityGap
    from deri_gate.metrics.base import Metric

LACKS = "only the profiles paper and paper-small remove parts of images to measure it"

# Networks of profile `paper-small` lie between -.11 and .09 on two sound sets: they have learnt
# little, and so their explanations say little more than their reverse does.
LEAST = -0.2
REASON = (
    "Below 0 the explanations put what counts last. Networks that learnt little lie around 0, "
    "from -0.11 to 0.09 on two sound datasets; below -0.2 they point away from what counts."
)


def gap_rows(gaps: Mapping[str, QualityGap]) -> list[Row]:
    """A row a figure, measured or not: what a suite names and nobody saw is unknown.

    Args:
        gaps: The gaps by the name of the row.
    """
    return [_row(name, gaps.get(name)) for name in GAP_ROWS]


def _row(name: str, gap: QualityGap | None) -> Row:
    if gap is None:
        return Row(metric=name, raw=None, subscore=None, weight=None, about=LACKS, absent=LACKS)
    low, high = gap.interval
    about = f"over {counted(gap.images, 'image')}; 95 % between {low:.3g} and {high:.3g}"
    return Row(metric=name, raw=gap.value, subscore=None, weight=None, about=about)


def with_gap_limits(suite: FollowingSuite, metrics: Sequence[Metric]) -> FollowingSuite:
    """A suite with a warning on each gap, where it limits explanations whose gaps are measured.

    Args:
        suite: The limits that follow a pool.
        metrics: In the pool's definitions; those of the paper's words have gaps.
    """
    have_gaps = {m.name for m in metrics if "paper_explanations" in m.needs}
    entries = suite.suite.expectations
    if not any(entry.kwargs.get("metric") in have_gaps for entry in entries):
        return suite
    limited = {entry.kwargs.get("metric") for entry in entries}
    added = [_limit(name) for name in GAP_ROWS if name not in limited]
    changes = tuple(
        LimitChange(
            metric=entry.kwargs["metric"],
            kind=entry.type,
            severity="warning",
            old=None,
            new=LEAST,
            reason="New: the pool's definitions measure it.",
        )
        for entry in added
    )
    document = suite.suite.model_copy(update={"expectations": (*entries, *added)})
    return FollowingSuite(suite=document, changes=(*suite.changes, *changes))


def _limit(row: str) -> SuiteExpectation:
    return SuiteExpectation(
        type="expect_value_to_be_at_least",
        kwargs={"metric": row, "minimum": LEAST},
        meta={"demanded": False, "reason": REASON},
        severity="warning",
    )
