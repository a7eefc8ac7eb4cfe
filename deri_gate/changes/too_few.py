"""Changed images that cannot be tested: too few to be sure of, or with labels like none before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.changes.sentences import NOUNS, SURE, topic_of
from deri_gate.runtime.counts import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deri_gate.changes.pair import DatasetPair
    from deri_gate.changes.records import ChangeTest


def too_few_sentences(tests: Iterable[ChangeTest]) -> tuple[str, ...]:
    """A sentence for the images of each kind and split of which a test has no power."""
    together: dict[tuple[str, str], list[ChangeTest]] = {}
    for test in tests:
        together.setdefault((test.kind, test.split), []).append(test)
    sentences = map(_sentence, together.values())
    return tuple(filter(None, sentences))


def more_labels_sentences(*pairs: DatasetPair) -> tuple[str, ...]:
    """A sentence for each split with images that have more labels than any of the base."""
    return tuple(filter(None, map(_more_labels, pairs)))


def _more_labels(sides: DatasetPair) -> str:
    """Say that not all of their labels are asked about, where some images have so many."""
    matched = sides.matched
    rows = np.union1d(matched.added, matched.pairs[matched.new_labels, 1])
    if not rows.size or sides.looks_problem:
        return ""
    most = sides.reference.most_labels
    number = int((np.diff(sides.membership.indptr)[rows] > most).sum())
    if not number:
        return ""
    images = counted(number, "changed image") + (f" in {sides.split}" if sides.split else "")
    has, it = ("has", "it") if number == 1 else ("have", "each")
    asked = "label was" if most == 1 else f"{most} labels were"
    return (
        f"{images} {has} more labels than any of the base: of {it} only the likeliest {asked} "
        f"asked about, so look at {'it' if number == 1 else 'them'}."
    )


def _sentence(tests: list[ChangeTest]) -> str:
    asked = [test for test in tests if test.worst_case_p is not None]
    blind = [test for test in asked if (test.worst_case_p or 0.0) >= SURE]
    if not blind:
        return ""
    count, groups = max(test.count for test in tests), max(test.groups for test in blind)
    images = counted(count, NOUNS[blind[0].kind])
    if groups:
        images += f" of {counted(groups, 'group')}"
    if blind[0].split:
        images += f" in {blind[0].split}"
    few = f"{'is' if count == 1 else 'are'} too few to tell damage from chance"
    about = (
        ""
        if len(blind) == len(asked)
        else f" in {listed([topic_of(t.about).title for t in blind])}"
    )
    return f"{images} {few}{about}: look at {'it' if count == 1 else 'them'}."
