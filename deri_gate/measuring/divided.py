"""Classes that fall in two, of which one part looks damaged beside the other.

Where many images of a class are damaged alike, none of them is odd. But an honest class is one
cloud along the trace that damage leaves, and two clouds are seen there. Images of about one size
are looked at first, then those of all sizes, by what does not depend on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.dataset import Finding
from deri_gate.measuring.class_groups import (
    LEAST,
    class_groups,
    in_large_classes,
    pair_numbers,
    rows_by_group,
)
from deri_gate.measuring.damaged import seen_in
from deri_gate.measuring.looks import BY_PIXEL, MEASURES, TINTS
from deri_gate.measuring.shares import DIVIDED, Share, not_looked_at
from deri_gate.measuring.two_parts import MOST_SHARE, follows, inverted_part, upper_part
from deri_gate.measuring.typical_damage import DAMAGES, INVERTED
from deri_gate.runtime.counts import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.data.dataset import Dataset
    from deri_gate.features.image_table import ImageTable
    from deri_gate.measuring.damage_trace import Damage
    from deri_gate.measuring.evidence import Evidence
    from deri_gate.measuring.looks import SeenLooks

RIDGE = 0.1  # added to the variances of the measures
# Least cosine of what the parts differ in and the trace, in units of how the trace varies and of
# this much more. Light acts on all pictures alike: what differs otherwise too is a plain sky.
LIKE, MORE = 0.85, 1.0
LIKE_OF_LIGHT, MORE_OF_LIGHT, LIGHT = 0.965, 0.5, "exposure"  # of damage that is of this metric
SEEN = 0.8  # share of the damaged part in which a person must see it
TOLD = 0.1  # of all images must look so: 5 % of honest brain scans have a blank rim, from above
OF_SOURCE = (
    "look as the others of their class would with light and dark exchanged, and their source tells "
    "which these are: not counted as damage, as fluorescence beside bright field is none"
)
COUNTED_IN_PIXELS = np.isin(list(MEASURES), BY_PIXEL)
OF_MOTIF = np.isin(list(MEASURES), ("darkest", "lightest", "lines", *TINTS))  # in half a class


@dataclass(frozen=True, kw_only=True)
class Division:
    """A class in two parts.

    Attributes:
        damage: What one part looks like beside the other.
        rows: Its images.
        total: Images of the class.
        across: False where they are of about one size, True where they are of several.
        mixed: True where they are of several sources.
        by_source: True where the source tells which images these are.
    """

    damage: Damage
    rows: IntArray
    total: int
    across: bool = False
    mixed: bool = False
    by_source: bool = False

    @property
    def words(self) -> str:
        """Words that say it of each image."""
        alike = ["class", *["source"] * (not self.mixed), *["size"] * (not self.across)]
        unlike = "those of other sizes" if self.across else "the others"
        some, all_ = f"{len(self.rows):,}", counted(self.total, "image")
        beside = f"its {listed(alike)}, and unlike {unlike}"
        return f"{self.damage.words}, like {some} of the {all_} of {beside}"


@dataclass(frozen=True, kw_only=True)
class _Class:
    rows: IntArray
    values: FloatArray  # measures that count, shape (n, M); of others 0
    counts: BoolArray  # (M,)
    straight: IntArray
    octaves: IntArray  # of the sizes
    sources: IntArray  # number of the source by each column, shape (n, C)
    across: bool  # True where sizes are several

    @property
    def mixed(self) -> bool:
        """True where these are of several sources."""
        return _differ(self.sources)

    def may_be(self, damaged: BoolArray) -> bool:
        """False where it is the images of a source, or where no size is damaged as a whole.

        Honest sources differ, and what differs inside a size is told of it.
        """
        if follows(damaged, self.sources):
            return False
        if not self.across:
            return True
        numbers = np.unique(self.octaves, return_inverse=True)[1]
        shares = np.bincount(numbers, weights=damaged) / np.bincount(numbers)
        return bool(shares.max() > MOST_SHARE)


def divided_findings(*sides: tuple[Dataset, ImageTable, SeenLooks]) -> list[Finding]:
    """A finding for each image on the damaged side of a class that falls in two.

    Classes are taken over all splits, so that a split that was damaged alone is seen beside the
    others. Sources, such as scanners, and sizes of another octave are apart: honest images differ
    by them. Inverted images are looked for over all sources, too. Where the source tells which
    these are, one finding gives their number: fluorescence beside bright field is no damage.

    Args:
        sides: The images that are judged, and those of the other splits, if any: what could be
            read of them, their table, and what was seen of each.
    """
    values = np.concatenate([seen.values for _, _, seen in sides])
    straight = np.concatenate([seen.straight for _, _, seen in sides])
    names = [name for dataset, _, _ in sides for name in dataset.ids]
    groups = class_groups([(dataset, table) for dataset, table, _ in sides])
    words, of_sources = dict[int, str](), []
    for one in divisions_of(
        values, groups.groups, straight, groups.octaves,
        classes=groups.classes, sources=groups.sources,
    ):  # fmt: skip
        if one.by_source:
            detail = f"{counted(len(one.rows), 'image')}, such as {names[one.rows[0]]}, {OF_SOURCE}"
            of_sources.append(Finding(kind="inverted_source", path=sides[0][0].name, detail=detail))
            continue
        for i in one.rows.tolist():
            words.setdefault(i, one.words)
    found = [Finding(kind=DIVIDED, path=names[i], detail=detail) for i, detail in words.items()]
    return [*found, *of_sources]


def divided_share(findings: Sequence[Finding], *sides: Evidence) -> Share:
    """Share of the images of all splits on the damaged side; none where no class is large enough.

    Args:
        findings: All that was noticed, without what a person has accepted.
        sides: The images that are judged, and those of the other splits, if any.
    """
    groups = class_groups([(side.dataset, side.images) for side in sides])
    seen, total = groups.large, sum(len(side.whole) for side in sides)
    if not seen.any():
        return not_looked_at(f"no class has {LEAST} images of one source and about one size")
    named = len({finding.path for finding in findings if finding.kind == DIVIDED})
    notes = []
    if (looked_at := int(seen.sum())) < total:
        some = f"{looked_at:,} of {counted(total, 'image')}"
        notes.append(f"looked for in {some}, in classes of {LEAST}")
    if np.ptp(groups.octaves[seen]):
        notes.append("if all images of one size are blurred or noisy, that is not seen")
    if groups.several_sources:
        notes.append("if all images of one source are damaged, that is not counted")
    return Share(value=named / total, note="; ".join(notes))


def divisions_of(
    values: FloatArray,
    groups: IntArray,
    straight: IntArray,
    octaves: IntArray,
    *,
    classes: IntArray | None = None,
    sources: IntArray | None = None,
) -> list[Division]:
    """Classes that fall in two along the trace of a damage, if it is many images, or by inversion.

    Args:
        values: Measures from `measures_of`, shape (N, M); signs behind them do not count.
        groups: Number of each image's class and source, (N,).
        straight: How straight plain parts end, see `straightness`, (N,).
        octaves: Octave of the size of each, (N,).
        classes: Number of each image's class alone, (N,); `groups` when None.
        sources: Number of each image's source by each column, (N, C); none when None.
    """
    values = values[:, : len(MEASURES)]
    sources = np.empty((len(values), 0), dtype=np.int64) if sources is None else sources
    large = np.flatnonzero(in_large_classes(groups, octaves))
    within = rows_by_group(large, pair_numbers(groups, octaves))
    across = [rows for rows in rows_by_group(large, groups) if np.ptp(octaves[rows])]
    found = [
        _division(_class_of(rows, *(some[rows] for some in (values, straight, octaves, sources))))
        for rows in (*within, *across)
    ]
    divisions = [one for one in found if one is not None]
    named = {i for one in divisions for i in one.rows.tolist()}
    told = divisions if len(named) >= TOLD * len(values) else []
    whole = [] if classes is None else rows_by_group(large, pair_numbers(classes, octaves))
    return [*_inverted_parts([*within, *whole], values, sources), *told]


def _inverted_parts(
    classes: Sequence[IntArray], values: FloatArray, sources: IntArray
) -> Iterator[Division]:
    """Classes of which a part has inverted levels; even one of many, as nothing else looks so."""
    for rows in classes:
        part = inverted_part(values[rows], values)
        if part is not None:
            own = sources[rows]
            yield Division(
                damage=INVERTED, rows=rows[part], total=len(rows), mixed=_differ(own),
                by_source=follows(part, own),
            )  # fmt: skip


def _differ(sources: IntArray) -> bool:
    return bool(np.ptp(sources, axis=0).any())


def _class_of(
    rows: IntArray, values: FloatArray, straight: IntArray, octaves: IntArray, sources: IntArray
) -> _Class:
    """Images of a class, without what images of several sizes differ in by their size."""
    across = bool(np.ptp(octaves))
    counts = ~(OF_MOTIF | (COUNTED_IN_PIXELS & across))
    return _Class(
        rows=rows, values=np.where(counts, values, 0.0), counts=counts, straight=straight,
        octaves=octaves, sources=sources, across=across,
    )  # fmt: skip


def _division(images: _Class) -> Division | None:
    """The damage that what the parts differ in is most like; None where there are none."""
    best, division = 0.0, None
    for damage, weights in _filters(images):
        damaged = upper_part(images.values @ weights)
        if damaged is None or not images.may_be(damaged):
            continue
        upper, lower = (images.values[part].mean(axis=0) for part in (damaged, ~damaged))
        usual = np.median(images.values[~damaged], axis=0)
        seen = seen_in(damage, images.values - usual, images.values, images.straight)
        like = _like(damage, upper - lower)
        if like > best and seen[damaged].mean() >= SEEN:
            best = like
            division = Division(
                damage=damage, rows=images.rows[damaged & seen],
                total=len(images.rows), across=images.across, mixed=images.mixed,
            )  # fmt: skip
    return division


def _filters(images: _Class) -> Iterator[tuple[Damage, FloatArray]]:
    """Each damage, with weights that give its trace 1: two ways.

    The second counts little what the images vary in anyway. That the damage varies as well, if
    some have it, leaves the direction as it is.
    """
    varied = np.cov(images.values.T)
    for damage in _shown_in(images):
        shift, square = np.array(damage.shift), np.square(damage.spread)
        own = np.linalg.solve(varied + np.diag(square + RIDGE), shift)
        for weights in (shift / (square + 1.0), own):
            yield damage, weights / (shift @ weights)


def _shown_in(images: _Class) -> Iterator[Damage]:
    """The damages that such images show, with the traces that these leave in what counts."""
    left_out = {name for name, counts in zip(MEASURES, images.counts, strict=True) if not counts}
    for damage in DAMAGES:
        if not (damage.loose or damage.slight or left_out & set(damage.measures)):
            yield replace(damage, shift=tuple(np.where(images.counts, damage.shift, 0.0).tolist()))


def _like(damage: Damage, change: FloatArray) -> float:
    """Cosine of a change and the trace, where it leaves one; 0 where they are not like enough."""
    light = damage.metric == LIGHT
    scale = np.hypot(damage.spread, MORE_OF_LIGHT if light else MORE)
    one, other = change / scale, np.array(damage.shift) / scale
    like = float(one @ other / max(_length(one) * _length(other), 1e-9))
    return like if like >= (LIKE_OF_LIGHT if light else LIKE) else 0.0


def _length(vector: FloatArray) -> float:
    return float(np.sqrt(vector @ vector))
