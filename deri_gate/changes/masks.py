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
from deri_gate.stats.rank_tests import RankTest, pairs_worsened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.arrays import BoolArray, IntArray
    from deri_gate.changes.pair import DatasetPair
    from deri_gate.changes.records import Kind
    from deri_gate.data.dataset import Dataset, Picture

ELSEWHERE = 0.5  # overlap with the earlier mask below which another thing is marked
CORRECTED = 0.1  # of the masks that an honest correction draws anew, so many are elsewhere at most
SAME = 0.9  # of the smaller mask within the other: the same is marked, more closely or loosely
TINY = 0.1  # overlap below which that is another thing, or hardly any
LEVEL = 1.0  # by so little less a mask may stand out
RIM = 32  # of such a part of a side are the two strips along an outline that are compared
SIDE = 512  # pixels of a side to which larger masks are reduced before they are compared


def moved_masks(sides: DatasetPair) -> Iterator[Hypothesis]:
    """Test changed masks: how many are elsewhere now, and whether they fit as well there.

    Images that were changed, as saved again, are asked about by themselves. A mask that is gone
    counts as elsewhere, and so does one that cannot be read.
    """
    places = sides.changed_masks
    new = sides.new_pictures[places]
    asked_by_kind: dict[Kind, IntArray] = {"unchanged": places[~new], "modified": places[new]}
    for kind, asked in asked_by_kind.items():
        if len(asked):
            yield from _moved(sides, kind, sides.matched.pairs[asked])


def _moved(sides: DatasetPair, kind: Kind, pairs: IntArray) -> Iterator[Hypothesis]:
    """Test whether masks are elsewhere, and whether they fit their images less well there.

    A correction may mark something else as well, but what it marks stands out from its
    surroundings as much as before, or more. A mask that is empty or gone stands out from nothing.
    """
    base, head = (side.evidence.dataset for side in (sides.base, sides.head))
    seen = np.array([_compared(base, b, head, h) for b, h in pairs.tolist()])
    overlaps, falls = seen.T
    moved, other = overlaps < ELSEWHERE, np.isfinite(falls)
    elsewhere = RankTest(
        float(moved.mean()), _more_than_corrected(moved), np.where(moved, 1 - overlaps, np.nan)
    )
    yield Hypothesis(kind=kind, about="masks", finding=elsewhere, positions=pairs[:, 1])
    less = pairs_worsened(falls[other], LEVEL)
    yield Hypothesis(
        kind=kind,
        about="mask_fit",
        finding=less._replace(p=max(_more_than_corrected(other), less.p)),
        positions=pairs[other, 1],
        among=len(other) if other.any() and not other.all() else 0,
    )


def _more_than_corrected(counted: BoolArray) -> float:
    """Probability of so many if no more than those of a correction were meant."""
    return float(scipy.stats.binom.sf(counted.sum() - 1, len(counted), CORRECTED))


def _compared(base: Dataset, before: int, head: Dataset, after: int) -> tuple[float, float]:
    """Overlap of an image's two masks, and how many levels less the later one stands out.

    NaN levels where both mark the same: most of the smaller one lies in the other, as where
    somebody draws closer outlines.
    """
    earlier, later = _marked(base, before), _marked(head, after)
    overlap, within = _overlap(earlier, later)
    if overlap >= ELSEWHERE or (within >= SAME and overlap >= TINY):
        return overlap, np.nan
    return overlap, _contrast(base, before, earlier) - _contrast(head, after, later)


def _contrast(dataset: Dataset, position: int, marked: Picture | None) -> float:
    """Difference of an image just inside and just outside of what is marked, in levels.

    0 where nothing is marked, or all. A picture that cannot be read is not among the pairs.
    """
    if marked is None:
        return 0.0
    height, width = marked.shape
    with budget().scope():
        picture = dataset.source.load(int(dataset.rows[position])).decode()
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    reach = max(1, round(max(height, width) / RIM))
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    inside = (marked > 0) & (cv2.erode(marked, brush) == 0)
    outside = (marked == 0) & (cv2.dilate(marked, brush) > 0)
    if not (inside.any() and outside.any()):
        return 0.0
    levels = small.reshape(height, width, -1)
    return float(np.linalg.norm(levels[inside].mean(axis=0) - levels[outside].mean(axis=0)))


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


def _overlap(before: Picture | None, after: Picture | None) -> tuple[float, float]:
    """Intersection of two masks over their union, and over the smaller one, 0 to 1.

    1 where both mark nothing, 0 over the smaller one where one of them does.
    """
    if before is None or after is None:
        return 0.0, 0.0
    height, width = before.shape
    after = cv2.resize(after, (width, height), interpolation=cv2.INTER_NEAREST)
    both, either = np.count_nonzero(before & after), np.count_nonzero(before | after)
    smaller = min(np.count_nonzero(before), np.count_nonzero(after))
    return both / either if either else 1.0, both / smaller if smaller else 0.0
