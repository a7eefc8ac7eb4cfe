"""Classes that fall in two, of which one part looks damaged beside the other.

Where many images of a class are damaged alike, none of them is odd. But an honest class is one
cloud along the trace that damage leaves, and two clouds are seen there.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.dataset import Finding
from deri_gate.measuring.damaged import seen_in
from deri_gate.measuring.oddities import MOST_SOURCES
from deri_gate.measuring.shares import DIVIDED, Share, not_looked_at
from deri_gate.measuring.sizes import octaves_of
from deri_gate.measuring.typical_damage import DAMAGES
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.data.dataset import Dataset
    from deri_gate.features.image_table import ImageTable
    from deri_gate.measuring.evidence import Evidence
    from deri_gate.measuring.looks import SeenLooks
    from deri_gate.measuring.typical_damage import Damage

LEAST = 20  # images of a class, of fewer nothing is told
FEWEST, FEWEST_SHARE = 5, 0.05  # images of either part, and share of the class
MOST_SHARE = 0.8  # of the class that the damaged part may be: beyond, the others are the odd ones
# Distance of the two parts in deviations inside them: one normal cloud that is cut in its middle
# has 2.6, an even one 3.5.
APART = 4.0
TIGHT = 0.02  # least deviation inside the parts, of the trace
GAP = 0.5  # least distance of the parts, of the trace of a strong damage
# Least cosine of what the parts differ in and the trace, in units of how the trace varies and of
# this much more. Light acts on all pictures alike: what differs otherwise too is a plain sky.
LIKE, MORE = 0.85, 1.0
LIKE_OF_LIGHT, MORE_OF_LIGHT, LIGHT = 0.965, 0.5, "exposure"  # of damage that is of this metric
SEEN = 0.8  # share of the damaged part in which a person must see it
# Of all images that must look so. In an honest class of brain scans, those from above have a blank
# rim beside those from the side: 5 % of that set.
TOLD = 0.1


@dataclass(frozen=True, kw_only=True)
class Division:
    """A class in two parts.

    Attributes:
        damage: What one part looks like beside the other.
        rows: Its images.
        total: Images of the class.
    """

    damage: Damage
    rows: IntArray
    total: int


@dataclass(frozen=True, kw_only=True)
class _Class:
    rows: IntArray
    values: FloatArray  # measures, shape (n, M)
    straight: BoolArray


def divided_findings(*sides: tuple[Dataset, ImageTable, SeenLooks]) -> list[Finding]:
    """A finding for each image on the damaged side of a class that falls in two.

    Classes are taken over all splits, so that a split that was damaged alone is seen beside the
    others. Sources, such as scanners, and sizes of another octave are apart: honest images differ
    by them.

    Args:
        sides: The images that are judged, and those of the other splits, if any: what could be
            read of them, their table, and what was seen of each.
    """
    values = np.concatenate([seen.values for _, _, seen in sides])
    straight = np.concatenate([seen.straight for _, _, seen in sides])
    names = [name for dataset, _, _ in sides for name in dataset.ids]
    return [
        Finding(
            kind=DIVIDED,
            path=names[i],
            detail=f"{division.damage.words}, as {len(division.rows):,} of the "
            f"{counted(division.total, 'image')} of its class, source and size look beside the "
            "others",
        )
        for division in divisions_of(
            values, _groups([(dataset, table) for dataset, table, _ in sides]), straight
        )
        for i in division.rows.tolist()
    ]


def divided_share(findings: Sequence[Finding], *sides: Evidence) -> Share:
    """Share of the images of all splits on the damaged side; none where no class is large enough.

    Args:
        findings: All that was noticed, without what a person has accepted.
        sides: The images that are judged, and those of the other splits, if any.
    """
    sizes = np.bincount(_groups([(side.dataset, side.images) for side in sides]))
    looked_at, total = int(sizes[sizes >= LEAST].sum()), sum(len(side.whole) for side in sides)
    if not looked_at:
        return not_looked_at(f"no class has {LEAST} images of one source and about one size")
    named = len({finding.path for finding in findings if finding.kind == DIVIDED})
    some = f"looked for in {looked_at:,} of {counted(total, 'image')}, in classes of {LEAST}"
    return Share(value=named / total, note=some if looked_at < total else "")


def _groups(sides: Sequence[tuple[Dataset, ImageTable]]) -> IntArray:
    """Number for each class, with each source and each octave of the size, shape (N,)."""
    groups = np.concatenate([octaves_of(table).astype(np.int64) for _, table in sides])
    for numbers in _known([dataset for dataset, _ in sides]):
        apart = int(numbers.max(initial=0)) + 1  # more classes than images may be listed
        groups = np.unique(groups * apart + numbers, return_inverse=True)[1]
    return groups


def _known(datasets: Sequence[Dataset]) -> Iterator[IntArray]:
    """Number of the first class of each image, then of its source by each column that all have."""
    numbered = defaultdict[str, int](count().__next__)
    own = [[numbered[name] for name in (*data.classes, "")] for data in datasets]
    yield np.array(
        [
            numbers[label[0] if label else -1]
            for data, numbers in zip(datasets, own, strict=True)
            for label in data.labels
        ],
        dtype=np.int64,
    )
    columns = [{column.name: column.values for column in data.group_columns} for data in datasets]
    for name in columns[0]:
        if all(name in known for known in columns):
            seen = defaultdict[str, int](count().__next__)
            sources = [seen[text] for known in columns for text in known[name]]
            if 1 < len(seen) <= MOST_SOURCES:
                yield np.array(sources, dtype=np.int64)


def divisions_of(values: FloatArray, groups: IntArray, straight: BoolArray) -> list[Division]:
    """Classes that fall in two along the trace of a damage, each once; none where it is few images.

    Args:
        values: Measures from `measures_of`, shape (N, M).
        groups: Number of each image's class, and of whatever else it differs by anyway, (N,).
        straight: True where a plain part ends straight, see `ends_straight`, (N,).
    """
    order = np.argsort(groups, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    found = [
        _division(_Class(rows=rows, values=values[rows], straight=straight[rows]))
        for rows in parts
        if len(rows) >= LEAST
    ]
    divisions = [one for one in found if one is not None]
    return divisions if sum(len(one.rows) for one in divisions) >= TOLD * len(values) else []


def _division(images: _Class) -> Division | None:
    """The damage that what the parts differ in is most like; None where there are none."""
    best, division = 0.0, None
    for damage in DAMAGES:
        shift = np.array(damage.shift)
        weights = shift / np.square(np.hypot(damage.spread, 1.0))
        damaged = _upper_part(images.values @ weights / (shift @ weights))
        if damaged is None:
            continue
        upper, lower = (images.values[part].mean(axis=0) for part in (damaged, ~damaged))
        usual = np.median(images.values[~damaged], axis=0)
        seen = seen_in(damage, images.values - usual, images.values, images.straight)
        like = _like(damage, upper - lower)
        if like > best and seen[damaged].mean() >= SEEN:
            rows = images.rows[damaged & seen]
            best, division = like, Division(damage=damage, rows=rows, total=len(images.rows))
    return division


def _upper_part(traces: FloatArray) -> BoolArray | None:
    """True for the upper of two parts; None where they are no two (Otsu 1979)."""
    order = np.argsort(traces, kind="stable")
    ascending, count = traces[order], len(traces)
    below = np.arange(1, count)
    sums = np.cumsum(ascending)
    gaps = (sums[-1] - sums[:-1]) / (count - below) - sums[:-1] / below
    fewest = max(FEWEST, FEWEST_SHARE * count)
    allowed = (np.minimum(below, count - below) >= fewest) & (count - below <= MOST_SHARE * count)
    between = np.where(allowed, below * (count - below), 0)
    cut = int((between * gaps**2).argmax())
    inside = ascending.var() - between[cut] * gaps[cut] ** 2 / count**2
    if gaps[cut] < max(GAP, APART * np.sqrt(max(inside, TIGHT**2))):
        return None
    upper = np.zeros(count, dtype=bool)
    upper[order[cut + 1 :]] = True
    return upper


def _like(damage: Damage, change: FloatArray) -> float:
    """Cosine of a change and the trace; 0 where they are not like enough."""
    light = damage.metric == LIGHT
    scale = np.hypot(damage.spread, MORE_OF_LIGHT if light else MORE)
    one, other = change / scale, np.array(damage.shift) / scale
    like = float(one @ other / max(_length(one) * _length(other), 1e-9))
    return like if like >= (LIKE_OF_LIGHT if light else LIKE) else 0.0


def _length(vector: FloatArray) -> float:
    return float(np.sqrt(vector @ vector))
