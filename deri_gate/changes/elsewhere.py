"""Base and head of the splits that are not judged, so that a changed test split is tested too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np

from deri_gate.changes.image_list import ImageList, OtherSplits, SmallPictures
from deri_gate.changes.matching import match_images
from deri_gate.changes.pair import DatasetPair
from deri_gate.data.dataset import Column
from deri_gate.data.sampling import proportional_sample
from deri_gate.measuring.costs import EXPLAINS
from deri_gate.measuring.evidence import Evidence
from deri_gate.runtime.counts import listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.arrays import BoolArray
    from deri_gate.data.dataset import Dataset
    from deri_gate.measuring.leakage import Leaks
    from deri_gate.measuring.measure import Measured

RENAMED = 0.5  # share of a split's pictures that a new split must hold to be that one
SMALL = 500  # images of a split, below which they are held against the judged ones, too
MOST_JUDGED = 5_000  # of these; with 100,000 it would take a minute more, and tell no more
THINNED = 0.5  # share of a split's images whose loss makes its numbers those of another split


@dataclass(frozen=True)
class SplitSide:
    """One split of one of the two datasets.

    Attributes:
        evidence: Its images alone.
        leaks: Leakage between all splits of the dataset.
    """

    evidence: Evidence
    leaks: Leaks


def changed_splits(base: Measured, head: Measured) -> tuple[DatasetPair, ...]:
    """Pair base and head of each split that is not judged, that both have, and that differs.

    Splits that only the head has are paired with those of the base whose pictures they hold: the
    images may have been changed with the name. `crossed_splits` has what the judged split gave.
    Only these are embedded, so a pull request that leaves a split as it is costs nothing more.
    Nothing is explained: no probe is fitted for these.

    Args:
        base: The earlier dataset.
        head: The one that is judged.
    """
    if base.others is None or head.others is None:
        return ()
    before, after = held_out(base.others), held_out(head.others)
    was, now = given_to_new(base, head)
    alone = sorted((before & after) - was)
    pairs = [(frozenset({split}), frozenset({split})) for split in alone]
    if was and now:
        pairs.append((was, now | (was & after)))
    found = (_pair_of(*names, base, head) for names in pairs)
    return tuple(pair for pair in found if pair is not None)


def given_to_new(base: Measured, head: Measured) -> tuple[frozenset[str], frozenset[str]]:
    """Splits of the base that gave pictures to splits that only the head has, and the latter.

    Neither is judged. All of them stand together, as two may have become one, or one two.
    """
    before, after = _pictures_by_split(base), _pictures_by_split(head)
    was = {split: before[split] for split in held_out(base.others)}
    now = {split: after[split] for split in held_out(head.others) - before.keys()}
    gave = [(old, new) for old in was for new in now if was[old] & now[new]]
    return frozenset(old for old, _ in gave), frozenset(new for _, new in gave)


def held_out(others: Evidence | None) -> frozenset[str]:
    """Splits that are not judged."""
    return frozenset(() if others is None else others.dataset.splits or ())


def lost_splits(base: Measured, head: Measured) -> tuple[str, ...]:
    """Splits of the base that the head has not, under that name or another.

    A split was renamed if the splits that only the head has hold at least half of its pictures.
    One whose pictures went into training is lost.
    """
    if base.others is None:
        return ()
    before, after = _pictures_by_split(base), _pictures_by_split(head)
    new = {key for split in after.keys() - before.keys() for key in after[split]}
    return tuple(
        split
        for split in sorted(before.keys() - after.keys())
        if len(before[split] & new) < RENAMED * len(before[split])
    )


def thinned_splits(pairs: Sequence[DatasetPair], base: Measured, head: Measured) -> tuple[str, ...]:
    """Splits of which half of the images or more were removed, and lie in no held-out split now.

    What came from other splits of the base replaces as many of those that are judged now: images
    that were divided anew are held against what they were, one by one. It replaces none of those
    that are nowhere any more.

    Args:
        pairs: Base and head of each changed split.
        base: The earlier dataset.
        head: The dataset that is judged.
    """
    known = _pictures_by_split(base)
    return tuple(
        split
        for pair in pairs
        for split in sorted(held_out(pair.base.evidence) & held_out(head.others))
        if _share_gone(split, pair, known, head) >= THINNED
    )


def _share_gone(
    split: str, pair: DatasetPair, known: Mapping[str, set[str]], head: Measured
) -> float:
    """Share of a split of the base that is in no held-out split now, and was not replaced.

    Args:
        split: The split.
        pair: Its base and head.
        known: Pictures of each split of the base.
        head: The dataset that is judged.
    """
    kept = set() if head.others is None else set(head.others.images.shown)
    judged = set(head.evidence.images.shown) - kept
    before, after = pair.base.evidence, pair.head.evidence
    inside, now = (_inside(side.dataset, frozenset({split})) for side in (before, after))
    others = set().union(*(own for name, own in known.items() if name != split)) - known[split]
    removed = [before.images.shown[i] for i in pair.matched.removed if inside[i]]
    lost = sum(shown not in kept and shown not in judged for shown in removed)
    went = sum(shown in judged for shown in removed)
    came = sum(now[i] and after.images.shown[i] in others for i in pair.matched.added)
    return float((lost + max(0, went - came)) / max(1, inside.sum()))


def beside_judged(base: Measured, head: Measured) -> OtherSplits:
    """Pictures of the splits that are not judged, in both datasets."""
    sides = (base, head)
    return OtherSplits(*({*side.others.images.shown} if side.others else set() for side in sides))


def _pictures_beside(measured: Measured, splits: frozenset[str]) -> set[str]:
    """Hashes of what the images of all other splits show."""
    own = _pictures_by_split(measured)
    return set().union(*(own[name] for name in own.keys() - splits))


def _pictures_by_split(measured: Measured) -> dict[str, set[str]]:
    """Hashes of what the readable images of each split show."""
    pictures: dict[str, set[str]] = {}
    for side in filter(None, (measured.evidence, measured.others)):
        for split, shown in zip(side.dataset.splits or (), side.images.shown, strict=False):
            pictures.setdefault(split, set()).add(shown)
    return pictures


def _pair_of(
    was: frozenset[str], now: frozenset[str], base: Measured, head: Measured
) -> DatasetPair | None:
    """Base and head of splits; None where names, images, labels and masks are the same."""
    sides = ((base.others, was), (head.others, now))
    lists = (_listed(own, others) for others, own in sides if others)
    beside = OtherSplits(*(_pictures_beside(side, own) for side, own in ((base, was), (head, now))))
    matched = match_images(*lists, beside=beside)
    same = matched.summary.nothing and was == now
    if same and base.others is not None and base.others.dataset.masks is None:
        return None
    earlier = split_side(was, base, head.evidence)
    later = split_side(now, head, head.evidence, earlier=earlier.evidence)
    name = listed(sorted(now)) + ("" if was == now else f" (was {listed(sorted(was))})")
    trusted = _beside_judged(earlier.evidence, base.evidence)
    seed = head.evidence.profile.seed
    pair = DatasetPair(earlier, later, matched, seed, name, trusted=trusted)
    return pair if not same or len(pair.changed_masks) else None


def _listed(splits: frozenset[str], others: Evidence) -> ImageList:
    inside = _inside(others.dataset, splits)
    images = others.images
    keys, shown = (tuple(compress(of, inside)) for of in (images.keys, images.shown))
    looks = SmallPictures.of(images, np.flatnonzero(inside))
    return ImageList.of(others.dataset.select(inside), keys, shown, looks)


def split_side(
    splits: frozenset[str], measured: Measured, judged: Evidence, earlier: Evidence | None = None
) -> SplitSide:
    """The images of some splits of a dataset.

    Args:
        splits: Names of splits that are not judged.
        measured: The dataset.
        judged: Evidence that says what will be asked; explanations are not.
        earlier: An earlier state of these images.
    """
    others = measured.others
    assert others is not None
    wanted = judged.wanted - EXPLAINS
    readable = others.dataset
    evidence = Evidence(readable.select(_inside(readable, splits)), others.context, wanted, earlier)
    return SplitSide(evidence, measured.leaks)


def _beside_judged(split: Evidence, judged: Evidence) -> Evidence | None:
    """A small split and the judged images behind it; None for one that is large enough alone."""
    if len(split.dataset) >= SMALL:
        return None
    some = proportional_sample(judged.dataset, MOST_JUDGED, seed=judged.profile.seed)
    both = joined_parts(split.dataset, some)
    return Evidence(both, judged.context, split.wanted, earlier=judged)


def joined_parts(one: Dataset, other: Dataset) -> Dataset:
    """Two parts of one dataset together, the images of the first part first."""

    def both(own: Column, theirs: Column) -> Column:
        return Column(own.name, own.values + theirs.values)

    def joined(own: tuple[str, ...] | None, theirs: tuple[str, ...] | None) -> Any:
        return None if own is None or theirs is None else own + theirs

    masked = one.masks is not None and other.masks is not None
    return replace(
        one,
        ids=one.ids + other.ids,
        labels=one.labels + other.labels,
        rows=np.concatenate([one.rows, other.rows]),
        splits=joined(one.splits, other.splits),
        groups=joined(one.groups, other.groups),
        group_columns=tuple(map(both, one.group_columns, other.group_columns)),
        metadata=tuple(map(both, one.metadata, other.metadata)),
        patients=one.patients and other.patients and both(one.patients, other.patients),
        times=joined(one.times, other.times),
        masks=np.concatenate([one.masks, other.masks]) if masked else None,
    )


def _inside(dataset: Dataset, splits: frozenset[str]) -> BoolArray:
    return np.array([own in splits for own in dataset.splits or ()], dtype=np.bool_)
