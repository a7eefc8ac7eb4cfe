"""Rows of a drift that a suite may limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.drift.kinds import KINDS
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from deri_gate.drift.records import Drift, Watch

NEWS = ("drift.started", "drift.ongoing", "drift.ended")  # rows that count drift features
SHARES = ("baseline_copies", "baseline_near_copies", "density", "coverage", "new_classes")
WORST = ("drift.worst_group", "drift.trend")
TOO_FEW = "Too few images to tell any drift: wait for more, or keep a history of such batches."
NAMES = (*NEWS, *(f"drift.{name}" for name in KINDS), *WORST, *SHARES)  # of the rows


def judged_values(drift: Drift) -> dict[str, float | None]:
    """By the names of the rows, the number that is held against limits; None where unknown.

    `drift.FEATURE`, `drift.worst_group` and `drift.trend` are adjusted p-values; `drift.started`,
    `drift.ongoing` and `drift.ended` count features, the others are shares.
    """
    watch = drift.watch
    told_at_all = bool(drift.tests) and drift.could_start
    tests = {f"drift.{test.name}": test.p_that_counts for test in drift.tests}
    return {
        "drift.started": float(len(watch.started)) if watch and told_at_all else None,
        "drift.ongoing": None if watch is None else float(len(watch.ongoing)),
        "drift.ended": None if watch is None else float(len(watch.ended)),
        **{f"drift.{name}": tests.get(f"drift.{name}") for name in KINDS},
        "drift.worst_group": min((group.least_p for group in drift.groups), default=None),
        "drift.trend": min((trend.adjusted_p for trend in drift.trends), default=None),
        "baseline_copies": drift.copies.exact_share,
        "baseline_near_copies": drift.copies.near_share,
        "density": None if drift.spread is None else drift.spread.density,
        "coverage": None if drift.spread is None else drift.spread.coverage,
        "new_classes": None if _unlabelled(drift) else float(len(drift.new_classes)),
    }


def told(drift: Drift) -> dict[str, str]:
    """By the names of rows, what a person should know beside the number."""
    sentences = {f"drift.{test.name}": test.sentence for test in drift.tests}
    if drift.watch is not None:
        sentences["drift.started"] = _start_told(drift, drift.watch)
        sentences["drift.ongoing"] = drift.watch.sentence
        sentences["drift.ended"] = drift.watch.sentence
    if drift.groups:
        worst = drift.groups[0]
        against = "its own past" if worst.known else "the whole baseline"
        least = min(worst.tests, key=lambda t: t.p_that_counts, default=None)
        sign = f": {least.title.lower()}" if least and least.p_that_counts < 1 else ""
        sentences["drift.worst_group"] = (
            f"The worst group is {worst.name}, against {against}{sign}."
        )
    if drift.trends:
        trend = min(drift.trends, key=lambda one: one.adjusted_p)
        sentences["drift.trend"] = (
            f"{trend.title} changes by {trend.slope:+.3g} per year, "
            f"over {counted(trend.periods, 'point')} in time."
        )
    if drift.same_images:
        sentences["baseline_copies"] = "The baseline has every image of the batch already."
    if drift.new_classes:
        sentences["new_classes"] = f"New: {', '.join(drift.new_classes)}."
    return sentences


def unseen_rows(drift: Drift) -> dict[str, str]:
    """By the names of rows for which there was nothing to look at, why."""
    unseen = {}
    if not drift.groups:
        few = "every group of the batch has too few images"
        none = "the batch has no groups, or patients alone, who are permuted as a whole"
        unseen["drift.worst_group"] = few if drift.thin_groups else none
    if not drift.trends:
        unseen["drift.trend"] = "too few days are known to follow a value over time"
    if _unlabelled(drift):
        unseen["new_classes"] = "not every image has a label to compare"
    return unseen


def _unlabelled(drift: Drift) -> bool:
    """True if nothing tells whether a class is new; one that is known to be is told anyway."""
    return drift.labels is None and not drift.new_classes


def _start_told(drift: Drift, watch: Watch) -> str:
    if not drift.could_start:
        return TOO_FEW
    why = [test.sentence for test in drift.tests if test.name in watch.started]
    return " ".join([watch.sentence, *why])
