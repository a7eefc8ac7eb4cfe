"""Two measured datasets -> what changed and what that did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.changes.beside_images import file_changes
from deri_gate.changes.crossed import across, crossed_splits
from deri_gate.changes.differences import (
    drawn_together,
    metric_differences,
    score_differences,
    share_differences,
    untagged_shares,
)
from deri_gate.changes.elsewhere import beside_judged, changed_splits, lost_splits, thinned_splits
from deri_gate.changes.image_list import ImageList
from deri_gate.changes.lost_columns import hidden_columns
from deri_gate.changes.matching import match_images
from deri_gate.changes.pair import DatasetPair
from deri_gate.changes.records import Change
from deri_gate.changes.regrouped import regrouped_leaks
from deri_gate.changes.testing import tests_of
from deri_gate.changes.too_few import more_labels_sentences, too_few_sentences
from deri_gate.runtime.counts import listed
from deri_gate.scoring.score import score_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.measuring.measure import Measured
    from deri_gate.scoring.pool import Pool


def change_between(
    base: Measured, head: Measured, *, pool: Pool, name: str | None = None
) -> Change:
    """Compare a dataset, the head, with an earlier one, the base.

    Args:
        base: The earlier one, measured with the same profile and the same metrics.
        head: The one that is judged.
        pool: With which both are scored.
        name: What the base is called in the report; the name of its dataset when None.

    Raises:
        ValueError: If they were measured with different profiles.
    """
    profile = head.evidence.profile
    if base.evidence.profile != profile:
        raise ValueError("base and head were measured with different profiles")
    lists = (ImageList.judged(side.evidence) for side in (base, head))
    matched = match_images(*lists, beside=beside_judged(base, head))
    draws = drawn_together(base, head, matched)
    scored = tuple(
        score_values(side.values, pool, metrics=profile.metrics) for side in (base, head)
    )
    both = scored[0], scored[1]
    sides = DatasetPair(base, head, matched, profile.seed)
    same, crossed = changed_splits(base, head), crossed_splits(base, head)
    elsewhere = (*same, *crossed)
    went, came = across(crossed)
    hidden = hidden_columns(base, head, matched, changed=bool(elsewhere) or matched.is_changed)
    deri1000, u = score_differences(base, head, draws, both, pool)
    tests = tests_of(sides, *elsewhere)
    return Change(
        base_name=name or base.evidence.whole.name,
        base_fingerprint=base.evidence.fingerprint,
        base_images=len(base.evidence.dataset),
        matching=matched.summary.without(went, came),
        differences=metric_differences(base, head, draws, both),
        deri1000=deri1000,
        u=u,
        shares=share_differences(base, head),
        untagged=untagged_shares(base, head),
        hidden=hidden | regrouped_leaks(base, head),
        tests=tests,
        untested=sides.untested | _of_thinned(same, base, head) | _of_lost(lost_splits(base, head)),
        files=file_changes(base, head, matched, elsewhere),
        elsewhere={p.split: p.matched.summary.without(went, came).counts for p in elsewhere},
        crossed=tuple(pair.split for pair in crossed if len(pair.matched.pairs)),
        too_few=(*too_few_sentences(tests), *more_labels_sentences(sides, *elsewhere)),
    )


def _of_thinned(pairs: Sequence[DatasetPair], base: Measured, head: Measured) -> dict[str, str]:
    """Reason that leaks cannot be looked at where most of a split of the base is elsewhere now."""
    splits = thinned_splits(pairs, base, head)
    if not splits:
        return {}
    these = f"the base's images of the split {listed(splits)}"
    return {"leaks": f"half or more of {these} were removed, or are judged now"}


def _of_lost(splits: tuple[str, ...]) -> dict[str, str]:
    """Reason that leaks cannot be looked at where a split of the base is gone."""
    if not splits:
        return {}
    return {"leaks": f"the base has the split {listed(splits)}, of which no image is here"}
