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

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.changes.pair import DatasetPair
    from deri_gate.changes.records import Kind
    from deri_gate.data.dataset import Dataset, Picture

ELSEWHERE = 0.5  # overlap with the earlier mask below which another thing is marked
CORRECTED = 0.1  # of the masks that an honest correction draws anew, so many are elsewhere at most
LEFT_OUT = 0.25  # of all masks: so many mark nothing at most, as on images of the healthy
SAME = 0.9  # of the smaller mask within the other: the same is marked, more closely or loosely
TINY = 0.15  # overlap below which that is another thing, or hardly any
LEVEL = 1.0  # by so little less a mask may stand out
RIM = 32  # of such a part of a side are the two strips along an outline that are compared
SIDE = 512  # pixels of a side to which larger masks are reduced before they are compared


def moved_masks(sides: DatasetPair) -> Iterator[Hypothesis]:
    """Test changed masks: how many are elsewhere now, and whether they fit as well there.

    Images that were changed, as saved again, are asked about by themselves. A mask that is gone
    counts as elsewhere, and so does one that cannot be read.
    """
    places = sides.changed_masks
    if not len(places):
        return
    base, head = (side.evidence.dataset for side in (sides.base, sides.head))
    pairs = sides.matched.pairs[places]
    compared = [_compared(base, b, head, h) for b, h in pairs.tolist()]
    overlaps, falls, void = np.array(compared, dtype=float).T
    left = _at_least(int(void.sum()), sides.masked, LEFT_OUT)
    new = sides.new_pictures[places]
    asked_by_kind: dict[Kind, BoolArray] = {"unchanged": ~new, "modified": new}
    for kind, own in asked_by_kind.items():
        if own.any():
            yield _elsewhere(kind, overlaps[own], pairs[own, 1])
            yield _fitting(kind, falls[own], void[own] > 0, pairs[own, 1], left)


def _elsewhere(kind: Kind, overlaps: FloatArray, positions: IntArray) -> Hypothesis:
    """Test whether more masks are elsewhere than an honest correction moves."""
    moved = overlaps < ELSEWHERE
    p = _at_least(int(moved.sum()), len(moved), CORRECTED)
    finding = RankTest(float(moved.mean()), p, np.where(moved, 1 - overlaps, np.nan))
    return Hypothesis(kind=kind, about="masks", finding=finding, positions=positions)


def _fitting(
    kind: Kind, falls: FloatArray, void: BoolArray, positions: IntArray, left: float
) -> Hypothesis:
    """Test of masks that mark other things, and of those that mark nothing any more.

    A correction may mark something else as well, but what it marks stands out from its
    surroundings as much as before, or more. What marks nothing, or everything, stands out from
    nothing, right or wrong: only that it is so many tells. Of both, the surer counts, twice.

    Args:
        kind: That of the images.
        falls: By how many levels less each mask stands out; NaN where it marks the same, (n,).
        void: True for those that mark nothing any more, or everything, shape (n,).
        positions: Those of their images in the head, shape (n,).
        left: Probability of so many void masks as there are among images of all kinds.
    """
    other = np.isfinite(falls) & ~void
    less = pairs_worsened(falls[other], LEVEL)
    redrawn = max(_at_least(int(other.sum()), len(other), CORRECTED), less.p)
    tests = int(other.any()) + int(void.any())
    p = min(1.0, tests * min(redrawn, left if void.any() else 1.0)) if tests else 1.0
    asked, finding = other, less._replace(p=p)
    if void.any() and left < redrawn:
        asked, finding = void, RankTest(float(void.mean()), p, falls[void])
    return Hypothesis(
        kind=kind,
        about="mask_fit",
        finding=finding,
        positions=positions[asked],
        among=len(asked) if asked.any() and not asked.all() else 0,
    )


def _at_least(counted: int, of: int, share: float) -> float:
    """Probability of so many of all, or more, if such a share was meant."""
    return float(scipy.stats.binom.sf(counted - 1, of, share))


def _compared(base: Dataset, before: int, head: Dataset, after: int) -> tuple[float, float, bool]:
    """Overlap of an image's two masks, how many levels less the later stands out, if it is void.

    NaN levels where both mark the same: most of the smaller one lies in the other, as where
    somebody draws closer outlines. Where object and surroundings were exchanged, the outline is
    the same: what stands out is the object, and its surroundings stand out by as much less.
    """
    earlier, later = _marked(base, before), _marked(head, after)
    overlap, within = _overlap(earlier, later)
    void = _is_void(later) and not _is_void(earlier)
    if void:
        return overlap, _contrast(base, before, earlier), True
    if overlap >= ELSEWHERE or (within >= SAME and overlap >= TINY):
        return overlap, np.nan, False
    was, now = _contrast(base, before, earlier), _contrast(head, after, later)
    turned = _surrounds(later) - _surrounds(earlier)
    fall = turned * (was + now) if turned else was - now
    return overlap, fall, False


def _is_void(marked: Picture | None) -> bool:
    """True where nothing is marked, or everything."""
    return marked is None or not marked.any() or bool(marked.all())


def _surrounds(marked: Picture | None) -> int:
    """1 where most of the picture's border is marked, as the surroundings of an object are."""
    if marked is None:
        return 0
    border = np.concatenate([marked[0], marked[-1], marked[:, 0], marked[:, -1]])
    return int(border.mean() > 0.5)  # noqa: PLR2004


def _contrast(dataset: Dataset, position: int, marked: Picture | None) -> float:
    """Difference of an image just inside and just outside of what is marked, in levels.

    Root of the mean square of the channels, so that grey in colours stands out as grey does. 0
    where nothing is marked, or all. A picture that cannot be read is not among the pairs.
    """
    if marked is None or not marked.any():
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
    apart = levels[inside].mean(axis=0) - levels[outside].mean(axis=0)
    return float(np.sqrt(np.square(apart).mean()))


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
