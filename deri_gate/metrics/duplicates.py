"""Is the same image there twice?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.metrics.base import Answer, Metric, WeightedMean
from deri_gate.runtime.counts import counted
from deri_gate.runtime.figures import SHARE

if TYPE_CHECKING:
    from deri_gate.arrays import BoolArray, IntArray


def duplicates(duplicate_groups: IntArray, listed_groups: IntArray, ids: tuple[str, ...]) -> Answer:
    """Share of the images that have a near duplicate in the set.

    Copies count whatever was done to them: saved again, cropped by up to 5 % a side, made brighter,
    written on, framed, mirrored or turned. What all images of the set have in common makes no
    two of them one.

    Suspects are copies that are more alike than either is like other images of the set: two single
    strokes, or small spots, are not, nor what looks like the next slice or a second shot. Copies
    cut on one side, or with a third covered, and those less alike than the set asks for are
    suspects too, and do not count; the note says where the two differ. Every group of those keeps
    the image of the shortest name, as copies are called `x (1)` or `x-copy`, and the first of them;
    the others are suspects.

    Args:
        duplicate_groups: Number of each image's group, -1 when alone, shape (N,).
        listed_groups: Number of its group by those that people are told of, shape (N,).
        ids: Name of each image.

    Returns:
        No unit, 0 to 1. Lower is better. Per image 1 for those with a duplicate, else 0.
    """
    grouped, extra = duplicate_groups >= 0, listed_groups >= 0
    by_name = sorted(np.flatnonzero(extra), key=lambda i: (len(ids[i]), ids[i]))
    kept = np.unique(listed_groups[by_name], return_index=True)[1]
    extra[np.array(by_name, dtype=np.int64)[kept]] = False
    return Answer(
        statistic=WeightedMean(grouped.astype(float)),
        per_image=grouped.astype(float),
        suspects=np.flatnonzero(extra),
        note=_note(grouped, listed_groups >= 0),
    )


def _note(counted_in: BoolArray, listed: BoolArray) -> str:
    """Sentence on images that count and are not listed, and the other way round."""
    plain = int(np.count_nonzero(counted_in & ~listed))
    partial = int(np.count_nonzero(listed & ~counted_in))
    said = [
        f"{counted(plain, 'image')} similar to another, but no copy: counted, not listed",
        f"{counted(partial, 'image')} less similar, or lacking a part: listed, not counted",
    ]
    return "; ".join(
        sentence for sentence, some in zip(said, (plain, partial), strict=True) if some
    )


def paper_duplicates(equal_hash_groups: IntArray, ids: tuple[str, ...]) -> Answer:
    """Share of near duplicates by hashes alone, which takes look-alikes for duplicates."""
    return duplicates(equal_hash_groups, equal_hash_groups, ids)


METRIC = Metric(
    name="duplicates",
    title="Duplicates",
    better="lower",
    low=0.0,
    high=1.0,
    unit=SHARE,
    spread_floor=0.02,
    hurt_by="duplicates",
    advice="Keep one of each group of near duplicates. Check for copies in two classes or splits.",
    source="DERI1000, section 3.2; in the paper's words by hashes: Zauner (2010), thesis",
    published_weight=0.0414,
    version=2,
    compute=duplicates,
)
METRIC = replace(METRIC, paper=replace(METRIC, version=1, compute=paper_duplicates))
