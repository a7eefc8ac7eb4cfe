"""Hypotheses about masks of images that show what they did: whether they mark something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import scipy

from deri_gate.changes.hypothesis import Hypothesis
from deri_gate.data.masks import foreground
from deri_gate.errors import UnreadableImageError
from deri_gate.runtime.memory import budget
from deri_gate.stats.rank_tests import RankTest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.arrays import IntArray
    from deri_gate.changes.pair import DatasetPair
    from deri_gate.changes.records import Kind
    from deri_gate.data.dataset import Dataset, Picture

ELSEWHERE = 0.5  # overlap with the earlier mask below which another thing is marked
CORRECTED = 0.1  # of the masks that an honest correction draws anew, so many are elsewhere at most
SIDE = 512  # pixels of a side to which larger masks are reduced before they are compared


def moved_masks(sides: DatasetPair) -> Iterator[Hypothesis]:
    """Test how many of the changed masks are elsewhere now, where the images show what they did.

    Images that were changed, as saved again, are asked about by themselves. A mask that is gone
    counts as elsewhere, and so does one that cannot be read.
    """
    places = sides.changed_masks
    new = sides.new_pictures[places]
    asked_by_kind: dict[Kind, IntArray] = {"unchanged": places[~new], "modified": places[new]}
    for kind, asked in asked_by_kind.items():
        if len(asked):
            yield _moved(sides, kind, sides.matched.pairs[asked])


def _moved(sides: DatasetPair, kind: Kind, pairs: IntArray) -> Hypothesis:
    base, head = (side.evidence.dataset for side in (sides.base, sides.head))
    overlaps = np.array([_overlap(_marked(base, b), _marked(head, h)) for b, h in pairs.tolist()])
    moved = overlaps < ELSEWHERE
    p = float(scipy.stats.binom.sf(moved.sum() - 1, len(moved), CORRECTED))
    return Hypothesis(
        kind=kind,
        about="masks",
        finding=RankTest(float(moved.mean()), p, np.where(moved, 1 - overlaps, np.nan)),
        positions=pairs[:, 1],
    )


def _marked(dataset: Dataset, position: int) -> Picture | None:
    """Area that the mask of an image marks, 0 or 1, shape (h, w); None if it cannot be seen."""
    row = dataset.mask_row(position)
    if row < 0:
        return None
    try:
        with budget().scope():
            mask = dataset.source.load(row).decode()
            return _reduced(foreground(mask, mask).astype(np.uint8))
    except UnreadableImageError:
        return None


def _reduced(marked: Picture) -> Picture:
    """Mask of `SIDE` pixels a side at most; one is marked where any that it stands for is."""
    for axis, side in enumerate(marked.shape):
        if side > SIDE:
            starts = np.arange(SIDE) * side // SIDE
            marked = np.maximum.reduceat(marked, starts, axis=axis)
    return marked


def _overlap(before: Picture | None, after: Picture | None) -> float:
    """Intersection over union of two masks, 0 to 1; 1 where both mark nothing."""
    if before is None or after is None:
        return 0.0
    height, width = before.shape
    after = cv2.resize(after, (width, height), interpolation=cv2.INTER_NEAREST)
    either = np.count_nonzero(before | after)
    return np.count_nonzero(before & after) / either if either else 1.0
