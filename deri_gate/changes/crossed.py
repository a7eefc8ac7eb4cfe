"""Base and head of images that are in another split now, and of splits that are new."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.changes.elsewhere import (
    SplitSide,
    given_to_new,
    held_out,
    joined_parts,
    split_side,
)
from deri_gate.changes.image_list import ImageList, SmallPictures
from deri_gate.changes.matching import Matched, match_images, moved_alone
from deri_gate.changes.pair import DatasetPair
from deri_gate.changes.records import Matching
from deri_gate.measuring.costs import EXPLAINS
from deri_gate.measuring.evidence import Evidence
from deri_gate.runtime.counts import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from deri_gate.arrays import IntArray
    from deri_gate.measuring.measure import Measured

JUDGED = ""  # place of the judged images, whatever their split is called


@dataclass(frozen=True)
class Everywhere:
    """Readable images of all splits of one of the two datasets, the judged ones first.

    Attributes:
        measured: The dataset.
    """

    measured: Measured

    @cached_property
    def side(self) -> SplitSide:
        """All images; none is embedded before a test asks for it."""
        judged, others = self.measured.evidence, self.measured.others
        whole = judged.dataset if others is None else joined_parts(judged.dataset, others.dataset)
        evidence = Evidence(whole, judged.context, judged.wanted - EXPLAINS)
        return SplitSide(evidence, self.measured.leaks)

    @cached_property
    def images(self) -> ImageList:
        """The images, as far as matching goes."""
        sides = filter(None, (self.measured.evidence, self.measured.others))
        parts = [ImageList.judged(side) for side in sides]
        keys, shown = (tuple(chain(*(getattr(p, of) for p in parts))) for of in ("keys", "shown"))
        looks = [p.looks for p in parts if p.looks is not None]
        return ImageList.of(self.side.evidence.whole, keys, shown, SmallPictures.joined(looks))

    @cached_property
    def places(self) -> tuple[str, ...]:
        """Split of each image, and `JUDGED` of those that are judged."""
        judged, others = self.measured.evidence.dataset, self.measured.others
        return (JUDGED,) * len(judged) + (() if others is None else others.dataset.splits or ())

    def title(self, place: str) -> str:
        """Name of a split for people."""
        several = "all folds" if self.measured.evidence.dataset.splits else "no split"
        return place or self.measured.split or several


def crossed_splits(base: Measured, head: Measured) -> tuple[DatasetPair, ...]:
    """Pair what no pair of one split and its former self compares, in the order of the splits.

    Images that went from one split to another are held against what they were there: a label
    that was changed on the way is a new label. All that is new in a new split is held against the
    judged images of the base, as new images of the judged split are. Without these, neither would
    be held against anything.

    Args:
        base: The earlier dataset.
        head: The one that is judged.
    """
    if base.others is None and head.others is None:
        return ()
    before, after = Everywhere(base), Everywhere(head)
    matched = match_images(before.images, after.images)
    return (*_crossed(before, after, matched), *_new(before, after, matched))


def across(pairs: Iterable[DatasetPair]) -> tuple[set[str], set[str]]:
    """Ids in the base, then in the head, of the images that are in another split now."""
    went: set[str] = set()
    came: set[str] = set()
    for pair in pairs:
        before, now = pair.matched.pairs.T
        went.update(pair.base.evidence.whole.ids[b] for b in before)
        came.update(pair.head.evidence.whole.ids[h] for h in now)
    return went, came


def _crossed(before: Everywhere, after: Everywhere, matched: Matched) -> Iterator[DatasetPair]:
    """Images that were in another split, by the split in which they are now."""
    was, now = given_to_new(before.measured, after.measured)
    places = [(before.places[b], after.places[h]) for b, h in matched.pairs.tolist()]
    crossed = np.array([a != b and not (a in was and b in now) for a, b in places], dtype=bool)
    for place in sorted({places[i][1] for i in np.flatnonzero(crossed).tolist()}):
        chosen = crossed & np.array([own == place for _, own in places], dtype=bool)
        origins = sorted({before.title(places[i][0]) for i in np.flatnonzero(chosen).tolist()})
        yield DatasetPair(
            before.side,
            after.side,
            moved_alone(before.images, after.images, matched, chosen),
            after.measured.evidence.profile.seed,
            f"{after.title(place)} (was {listed(origins)})",
        )


def _new(before: Everywhere, after: Everywhere, matched: Matched) -> Iterator[DatasetPair]:
    """New images of each new split that has none of a held-out split of the base."""
    base, head = before.measured, after.measured
    known = {base.split} | held_out(base.others) | given_to_new(base, head)[1]
    for split in sorted(held_out(head.others) - known):
        inside = np.flatnonzero([place == split for place in after.places])
        added = np.flatnonzero(np.isin(inside, matched.added))
        if added.size:
            side = split_side(frozenset({split}), head, head.evidence)
            names = tuple(after.images.ids[i] for i in inside[added])
            only = _added_alone(matched, added, names)
            yield DatasetPair(base, side, only, head.evidence.profile.seed, split, apart=True)


def _added_alone(matched: Matched, added: IntArray, names: tuple[str, ...]) -> Matched:
    """New images without any others beside them."""
    none = np.zeros(0, dtype=np.int64)
    return replace(
        matched,
        pairs=none.reshape(0, 2),
        new_content=none.astype(bool),
        new_labels=none.astype(bool),
        added=added,
        removed=none,
        went=none,
        summary=Matching(added=names),
    )
