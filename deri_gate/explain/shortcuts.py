"""Shortcuts: what gives a class away without showing it, such as a burnt-in mark or a camera.

A mark is told by its place, a sharp line of which tells the class; a camera or a program by a
property of the whole picture. Both are judged by the share of a class's images that hardly any
other image looks like. What tells a class by its subject, or everywhere, is natural confounding.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.masks import foreground
from deri_gate.data.sampling import balanced_sample
from deri_gate.errors import UnreadableImageError
from deri_gate.explain.kept_places import kept_places
from deri_gate.explain.label_columns import holds_labels
from deri_gate.explain.properties import Property, properties_of
from deri_gate.explain.telling import can_be_told
from deri_gate.runtime.counts import counted
from deri_gate.runtime.figures import percent

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.data.dataset import Column, Dataset
    from deri_gate.explain.places import TellingPlace
    from deri_gate.features.image_table import ImageTable
    from deri_gate.metrics.context import Context

MOST = 4000  # images that are looked at, as many of each class as there are
COARSEST = 16  # pixels of the shorter side; of smaller pictures a pixel is as large as a mark
SEEN = 0.1  # share of pictures above that, from which on places are looked at
FOUND = 0.5  # strength from which on a shortcut is told
SURELY = 0.6  # strength from which on scores do not count what it makes easy
ONE_SOURCE, ELSEWHERE = 0.9, 0.1  # shares of a class and of the others in which a source is seen
MASKS = 32  # of a class that a place is held against


@dataclass(frozen=True, kw_only=True)
class Shortcut:
    """Strongest thing of its sort that gives one class away.

    Attributes:
        label: The class.
        what: A place in words, or a property: "upper left", "noise".
        strength: Share of the class's images that it gives away, less what is natural; 0 to 1.
        natural: Whether it is confounding that no mark explains, and no more than a warning.
        detail: All of it, for people.
        heat: How well each cell of the picture tells the class, (32, 32); None for a property.
        cells: Those of the place, (32, 32); None for a property.
        images: Those that show it, by id, of a place only.
    """

    label: str
    what: str
    strength: float
    natural: bool
    detail: str
    heat: FloatArray | None = None
    cells: BoolArray | None = None
    images: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Shortcuts:
    """Everything that gives the classes of a dataset away.

    Attributes:
        known: The strongest of each sort and class, strongest first, however weak.
        reason: Why nothing could be looked at; empty where something was.
        thin: Classes that are too small to be looked at.
        coarse: Whether the pictures have too few pixels for places to be looked at.
    """

    known: tuple[Shortcut, ...] = ()
    reason: str = ""
    thin: int = 0
    coarse: bool = False

    @property
    def told(self) -> tuple[Shortcut, ...]:
        """Shortcuts that are strong enough to be told."""
        return tuple(shortcut for shortcut in self.known if shortcut.strength >= FOUND)

    def strongest(self, *, natural: bool) -> Shortcut | None:
        """The strongest mark, or the strongest natural confounding; None without classes."""
        return next((shortcut for shortcut in self.known if shortcut.natural == natural), None)


def shortcuts_of(dataset: Dataset, table: ImageTable, context: Context) -> Shortcuts:
    """Look for what gives each class away: one place, or a property of the whole picture.

    Args:
        dataset: The images that could be read.
        table: A row for each of them.
        context: The seed of the sample, where there are more images than are looked at, and the
            store of the places.
    """
    sample, member, judged = classes_to_tell(dataset, seed=context.profile.seed)
    thin = int((member.any(axis=0)).sum()) - len(judged)
    if not judged:
        return Shortcuts(reason="no class and the rest of the images are enough to tell", thin=thin)
    looked = _SampledImages(dataset, table, sample, member)
    shortcuts = list[Shortcut]()
    coarse = _are_coarse(table, sample)
    if not coarse:
        thumbnails, chroma = table.thumbnails[sample], table.chroma[sample]
        places = kept_places(thumbnails, chroma, member[:, judged], context.store)
        by_class = zip(judged, places, strict=True)
        shortcuts += [looked.at_place(k, place) for k, some in by_class for place in some]
    easy = {one.label for one in shortcuts if one.natural and one.strength >= FOUND}
    shortcuts += [one for k in judged for one in looked.at_properties(k, easy)]
    shortcuts.sort(key=lambda one: (-one.strength, one.label, one.what))
    return Shortcuts(known=tuple(shortcuts), thin=thin, coarse=coarse)


def classes_to_tell(dataset: Dataset, *, seed: int) -> tuple[IntArray, BoolArray, list[int]]:
    """Images to look at (n,), their membership (n, K), and the classes that could be told."""
    sample = np.array(sorted(balanced_sample(dataset, MOST, seed=seed)), dtype=np.int64)
    member = np.asarray(dataset.membership[sample].toarray()) > 0
    judged = [k for k in range(member.shape[1]) if can_be_told(member[:, k])]
    return sample, member, judged


def _are_coarse(table: ImageTable, sample: IntArray) -> bool:
    """True if hardly any picture has pixels enough to tell a mark from a subject."""
    sides = np.minimum(table.height[sample], table.width[sample])
    return bool((sides >= COARSEST).mean() < SEEN)


@dataclass(frozen=True)
class _SampledImages:
    """The sample of images, and the shortcuts of each class in it as records with sentences."""

    dataset: Dataset
    table: ImageTable
    sample: IntArray
    member: BoolArray

    @cached_property
    def properties(self) -> list[Property]:
        """Properties of the images that are looked at."""
        return properties_of(self.table, self.sample)

    @cached_property
    def sources(self) -> list[Column]:
        """Columns that may be sources: what is another name of the label excuses nothing."""
        names = self.dataset.classes
        labels = ["|".join(names[c] for c in own) for own in self.dataset.labels]
        return [
            column
            for column in (*self.dataset.group_columns, *self.dataset.metadata)
            if not holds_labels(column.name, column.values, labels)
        ]

    def at_place(self, k: int, place: TellingPlace) -> Shortcut:
        where = words_for(place.cells)
        seen = counted(int(self.member[:, k].sum()), "image")
        told = f"{percent(place.told)} of {seen} differ from the others by {place.feature}"
        parts = [f"{told} in one place: {where}"]
        if place.whole:
            parts.append(
                "most of the picture separates the class as well, as a real object or another "
                "source does"
            )
        if place.subject:
            parts.append(
                "the rest of the picture separates the class as well, and the place varies with "
                "it or resembles parts of other classes: probably the object itself"
            )
        parts += self._outside(k, place.cells)
        parts += self._from_one_source(k)
        return Shortcut(
            label=self.dataset.classes[k],
            what=where,
            strength=place.strength,
            natural=place.whole or place.subject,
            detail="; ".join(parts),
            heat=place.heat,
            cells=place.cells,
            images=tuple(self.dataset.ids[i] for i in self.sample[place.shows]),
        )

    def at_properties(self, k: int, easy: Container[str]) -> list[Shortcut]:
        """The strongest property that tells a class, and the strongest that is natural.

        Args:
            k: The class.
            easy: Classes that most of the picture tells as well.
        """
        of_class, source = self.member[:, k], self._from_one_source(k)
        rated = [(prop.strength(of_class), prop) for prop in self.properties]
        whole = self.dataset.classes[k] in easy or any(
            prop.subject and strength >= FOUND for strength, prop in rated
        )
        shortcuts = []
        for natural in (False, True):
            of_kind = [
                (strength, prop)
                for strength, prop in rated
                if (prop.subject or bool(source) or (prop.finish and whole)) == natural
            ]
            if not of_kind:
                continue
            strength, best = max(of_kind, key=lambda pair: pair[0])
            told = min(1.0, strength + best.allowance)
            sentence = f"{percent(told)} of its images differ from the others by {best.name}"
            shortcuts.append(
                Shortcut(
                    label=self.dataset.classes[k],
                    what=best.name,
                    strength=strength,
                    natural=natural,
                    detail="; ".join([sentence, *source]),
                )
            )
        return shortcuts

    def _from_one_source(self, k: int) -> list[str]:
        """A column of which one value holds the class and hardly anything else."""
        of_class = self.member[:, k]
        for column in self.sources:
            values = [column.values[i] for i in self.sample]
            inside = Counter(filter(None, compress(values, of_class)))
            if not inside:
                continue
            value, count = min(inside.items(), key=lambda item: (-item[1], item[0]))
            others = list(compress(values, ~of_class)).count(value)
            share, elsewhere = count / of_class.sum(), others / (~of_class).sum()
            if share >= ONE_SOURCE and elsewhere <= ELSEWHERE:
                said = f"{percent(share)} of the class come from one source"
                return [f"{said}, {column.name} {value}"]
        return []

    def _outside(self, k: int, cells: BoolArray) -> list[str]:
        """Say how many masks find that the place lies outside of the object."""
        masks = self.dataset.masks
        if masks is None:
            return []
        having = [int(i) for i in self.sample[self.member[:, k]] if masks[i] >= 0][:MASKS]
        shares = [self._covered(image, cells) for image in having]
        inside = [share for share in shares if share is not None]
        if not inside:
            return []
        outside = sum(share < FOUND for share in inside)
        return [f"in {outside} of {counted(len(inside), 'mask')} the place is not the object"]

    def _covered(self, image: int, cells: BoolArray) -> float | None:
        """Share of the place that lies inside of an image's mask."""
        masks = self.dataset.masks
        assert masks is not None
        try:
            mask = self.dataset.source.load(int(masks[image])).decode()
        except UnreadableImageError:
            return None  # told among the findings of the masks
        return float(foreground(mask, np.zeros(cells.shape, np.uint8))[cells].mean())


def given_away(dataset: Dataset, shortcuts: Shortcuts) -> BoolArray:
    """True for images of a class that a shortcut surely gives away, natural ones left out, (N,).

    Scores rest on it, so it asks for more than a finding does: a strong marker on one class
    reaches 1 on eleven sets, what a small honest set has by chance up to .6.

    Args:
        dataset: The images that were looked at.
        shortcuts: What gives their classes away.
    """
    marks = [mark for mark in shortcuts.known if mark.strength >= SURELY and not mark.natural]
    marked = {mark.label for mark in marks}
    columns = [k for k, name in enumerate(dataset.classes) if name in marked]
    return np.asarray(dataset.membership[:, columns].sum(axis=1)).ravel() > 0


def words_for(cells: BoolArray) -> str:
    """The third of the height and of the width in which the middle of the cells lies."""
    rows, columns = (_third(where, cells.shape[0]) for where in np.argwhere(cells).T)
    height = ("upper", "middle", "lower")[rows]
    width = ("left", "centre", "right")[columns]
    return "centre" if (height, width) == ("middle", "centre") else f"{height} {width}"


def _third(positions: Sequence[int] | IntArray, size: int) -> int:
    return min(2, int(3 * (np.mean(positions) + 0.5) / size))
