"""Base and head of the splits that are not judged, so that a changed test split is tested too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.changes.matching import ImageList, match_images
from deri_gate.changes.pair import DatasetPair
from deri_gate.measuring.costs import EXPLAINS
from deri_gate.measuring.evidence import Evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.arrays import BoolArray
    from deri_gate.data.dataset import Dataset
    from deri_gate.measuring.leakage import Leaks
    from deri_gate.measuring.measure import Measured

RENAMED = 0.5  # share of a split's pictures that a new split must hold to be that one
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

    Only these are embedded, so a pull request that leaves a split as it is costs nothing more.
    Nothing is explained: no probe is fitted for these images.

    Args:
        base: The earlier dataset.
        head: The one that is judged.
    """
    if base.others is None or head.others is None:
        return ()
    splits = dict.fromkeys(head.others.dataset.splits or ())
    both = [split for split in splits if split in set(base.others.dataset.splits or ())]
    return tuple(pair for split in both if (pair := _pair_of(split, base, head)) is not None)


def lost_splits(base: Measured, head: Measured) -> tuple[str, ...]:
    """Splits of the base that the head has not, under that name or another.

    A split was renamed if the splits that only the head has hold at least half of its pictures.
    One whose pictures went into training is lost.
    """
    if base.others is None:
        return ()
    before, after = _keys_by_split(base), _keys_by_split(head)
    new = {key for split in after.keys() - before.keys() for key in after[split]}
    return tuple(
        split
        for split in sorted(before.keys() - after.keys())
        if len(before[split] & new) < RENAMED * len(before[split])
    )


def thinned_splits(pairs: Sequence[DatasetPair], head: Measured) -> tuple[str, ...]:
    """Splits of which half of the images or more were removed, and lie in no held-out split now.

    Args:
        pairs: Base and head of each changed split.
        head: The dataset that is judged.
    """
    held_out = set() if head.others is None else set(head.others.images.keys)
    return tuple(pair.split for pair in pairs if _share_gone(pair, held_out) >= THINNED)


def _share_gone(pair: DatasetPair, held_out: set[str]) -> float:
    """Share of the base's images that were removed and are not among these contents."""
    keys = pair.base.evidence.images.keys
    return sum(keys[i] not in held_out for i in pair.matched.removed) / max(1, len(keys))


def _keys_by_split(measured: Measured) -> dict[str, set[str]]:
    """Contents of the readable images of each split."""
    keys: dict[str, set[str]] = {}
    for side in filter(None, (measured.evidence, measured.others)):
        for split, key in zip(side.dataset.splits or (), side.images.keys, strict=False):
            keys.setdefault(split, set()).add(key)
    return keys


def _pair_of(split: str, base: Measured, head: Measured) -> DatasetPair | None:
    """Base and head of a split; None where images, labels and masks are the same."""
    matched = match_images(*(_listed(split, side.others) for side in (base, head) if side.others))
    if matched.summary.nothing and base.others is not None and base.others.dataset.masks is None:
        return None
    earlier = _side(split, base, head.evidence)
    later = _side(split, head, head.evidence, earlier=earlier.evidence)
    pair = DatasetPair(earlier, later, matched, head.evidence.profile.seed, split)
    return pair if not matched.summary.nothing or len(pair.changed_masks) else None


def _listed(split: str, others: Evidence) -> ImageList:
    inside = _inside(others.dataset, split)
    keys = np.array(others.images.keys, dtype=object)[inside]
    return ImageList.of(others.dataset.select(inside), tuple(keys))


def _side(
    split: str, measured: Measured, judged: Evidence, earlier: Evidence | None = None
) -> SplitSide:
    others = measured.others
    assert others is not None
    wanted = judged.wanted - EXPLAINS
    readable = others.dataset
    evidence = Evidence(readable.select(_inside(readable, split)), others.context, wanted, earlier)
    return SplitSide(evidence, measured.leaks)


def _inside(dataset: Dataset, split: str) -> BoolArray:
    return np.array([own == split for own in dataset.splits or ()], dtype=np.bool_)
