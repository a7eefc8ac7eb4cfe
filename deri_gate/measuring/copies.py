"""Copies of pictures, whatever the files: which images show one picture, and with what labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.dataset import Finding
from deri_gate.data.readers.splits import split_rank
from deri_gate.features.cells import alike_in_cells
from deri_gate.features.colours import mean_colours
from deri_gate.features.far_cells import cells_by
from deri_gate.features.groups import anchored_groups, groups_of_pairs
from deri_gate.features.hashes import firsts_of
from deri_gate.features.kept_pairs import kept_near_duplicates
from deri_gate.features.near_duplicates import saved_again
from deri_gate.features.orientations import turn_between
from deri_gate.features.perceptual_hashes import hash_groups
from deri_gate.features.second_shots import second_shots_among
from deri_gate.measuring.shared_blanks import without_shared_blanks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.data.dataset import Dataset
    from deri_gate.features.cells import CellSpread
    from deri_gate.features.image_table import ImageTable
    from deri_gate.features.near_duplicates import NearDuplicates
    from deri_gate.metrics.context import Context
    from deri_gate.runtime.store import Store

PAPER_DISTANCE = 4


@dataclass(frozen=True, kw_only=True)
class Images:
    """Readable images, as far as copies go.

    Attributes:
        ids: Name of each.
        splits: Its split, "" for none.
        labels: Names of its classes.
        groups: What it belongs with, "" for nothing; None when there are no groups.
        patients: Its patient, "" for none known; None when nothing numbers patients.
        shown: Hash of what it shows.
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
        colours: Mean colours, NaN for grey ones, shape (N, 2).
        sides: Shorter side of each in pixels, shape (N,); None where sizes are not known.
        store: Where pairs are kept that were found; None for nowhere.
        spread: Place where many pictures are compared.
        workers: Threads that look for pairs; 0 for as many as there are processors.
    """

    ids: tuple[str, ...]
    splits: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    groups: tuple[str, ...] | None
    shown: Sequence[str]
    thumbnails: npt.NDArray[np.uint8]
    colours: FloatArray
    sides: IntArray | None = None
    patients: tuple[str, ...] | None = None
    store: Store | None = None
    spread: CellSpread = field(default=alike_in_cells, repr=False)
    workers: int = 1

    def __add__(self, other: Images) -> Images:
        """Union of these and others."""
        return Images(
            ids=self.ids + other.ids,
            splits=self.splits + other.splits,
            labels=self.labels + other.labels,
            groups=_joined((self.groups, other.groups), (self, other)),
            shown=(*self.shown, *other.shown),
            thumbnails=np.concatenate([self.thumbnails, other.thumbnails]),
            colours=np.concatenate([self.colours, other.colours]),
            sides=_both(self.sides, other.sides),
            patients=_joined((self.patients, other.patients), (self, other)),
            store=self.store,
            spread=self.spread,
            workers=self.workers,
        )

    @cached_property
    def unlabelled(self) -> BoolArray:
        """True for images without a label, shape (N,). Where some have several, none is a label."""
        several = any(len(label) > 1 for label in self.labels)
        return np.array([not label and not several for label in self.labels], dtype=bool)

    @cached_property
    def near_duplicates(self) -> NearDuplicates:
        """Pairs that show one picture, whatever was done to it."""
        near = kept_near_duplicates(
            self.thumbnails, self.colours, self.store, self.spread, self.workers
        )
        return without_shared_blanks(near, self.thumbnails, self.workers)

    @cached_property
    def near_groups(self) -> IntArray:
        """Number of the group of images that show one picture, -1 when alone, shape (N,)."""
        near = self.near_duplicates
        return anchored_groups(near.pairs, near.likeness, len(self.ids))

    @property
    def listed_duplicates(self) -> NearDuplicates:
        """Pairs that are named to people: more alike than either is like other images."""
        return self.near_duplicates.listed

    @cached_property
    def listed_groups(self) -> IntArray:
        """Number of each image's group by the copies that are named to people, -1 when alone."""
        listed, copies = self.listed_duplicates, ~self.second_shots
        return anchored_groups(listed.pairs[copies], listed.likeness[copies], len(self.ids))

    @cached_property
    def second_shots(self) -> BoolArray:
        """True for pairs that are named, and look like neighbouring slices or two shots, (M,)."""
        if self.sides is None:
            return np.zeros(len(self.listed_duplicates.pairs), dtype=bool)
        near = self.near_duplicates
        return second_shots_among(near, self.thumbnails, self.sides, self.store, self.workers)

    @cached_property
    def equal_hash_groups(self) -> IntArray:
        """Groups of near duplicates from hashes alone, at the paper's distance, not confirmed."""
        return hash_groups(self.thumbnails, distance=PAPER_DISTANCE)

    @cached_property
    def copy_groups(self) -> IntArray:
        """Number of the group of images that are one picture, -1 when alone, shape (N,).

        Equal pixels, or the same picture saved again.
        """
        return groups_of_pairs(self._copies, len(self.ids))

    @cached_property
    def turned_groups(self) -> IntArray:
        """Number of the group of images that are one picture, however it is mirrored or turned."""
        near = self.near_duplicates
        again = near.pairs[saved_again(near.pairs, self.thumbnails, near.turns)]
        return groups_of_pairs(np.concatenate([self._copies, again]), len(self.ids))

    @cached_property
    def _copies(self) -> IntArray:
        """Pairs that connect images that are one picture, shape (M, 2)."""
        first = firsts_of(self.shown)
        later = np.flatnonzero(first != np.arange(len(first)))
        pairs = np.stack([first[later], later], axis=1)
        duplicates = self.near_duplicates
        near = duplicates.pairs[duplicates.turns == 0]
        again = near[saved_again(near, self.thumbnails)]
        return np.concatenate([pairs, again])

    def turn(self, i: int, j: int) -> str:
        """Word for how one image is mirrored or turned against the other; empty if it is not."""
        if self.copy_groups[i] == self.copy_groups[j] >= 0:
            return ""
        return turn_between(self.thumbnails[i], self.thumbnails[j])

    def order(self, i: int) -> tuple[int, str, str]:
        """Sort key: split in report order, then name."""
        return split_rank(self.splits[i]), self.splits[i], self.ids[i]


def _joined(
    columns: tuple[tuple[str, ...] | None, tuple[str, ...] | None], sides: tuple[Images, Images]
) -> tuple[str, ...] | None:
    """A column of two sets of images, "" where one side lacks it; None where both do."""
    if columns == (None, None):
        return None
    own, theirs = (
        column or ("",) * len(side.ids) for column, side in zip(columns, sides, strict=True)
    )
    return own + theirs


def _both(left: IntArray | None, right: IntArray | None) -> IntArray | None:
    return None if left is None or right is None else np.concatenate([left, right])


def images_of(dataset: Dataset, table: ImageTable, context: Context | None = None) -> Images:
    """The images of a dataset, all of which could be read.

    Args:
        dataset: Whose names, splits, labels and groups count.
        table: Shown pictures, their thumbnails, colours and sizes.
        context: Where pairs among them are looked for, and kept; None to keep none.
    """
    return Images(
        ids=dataset.ids,
        splits=dataset.splits or ("",) * len(dataset),
        labels=tuple(tuple(dataset.classes[c] for c in label) for label in dataset.labels),
        groups=dataset.groups,
        shown=table.shown,
        thumbnails=table.thumbnails,
        colours=mean_colours(table.chroma),
        sides=np.minimum(table.height, table.width),
        patients=dataset.patients.values if dataset.patients else None,
        store=context.store if context else None,
        spread=cells_by(context.machine) if context else alike_in_cells,
        workers=context.machine.workers if context else 1,
    )


@dataclass(frozen=True, kw_only=True)
class Contradiction:
    """An image, and an earlier or a settled one that is the same picture with another label."""

    image: int
    other: int


def contradictions_of(images: Images, settled: Collection[str] = ()) -> list[Contradiction]:
    """Every image that is the same picture as an earlier one of another label, in order.

    Args:
        images: The images.
        settled: Ids of those whose label a person has accepted. They do not contradict each other;
            of a settled image and one that is not, the latter is named, whichever comes first.
    """
    return _contradictions(images, images.copy_groups, settled)


def turned_contradictions_of(images: Images, settled: Collection[str] = ()) -> list[Contradiction]:
    """Every further image that is an earlier one of another label, mirrored or turned, in order.

    They are apart because an orientation can be what the classes are about.

    Args:
        images: The images.
        settled: Ids of the images whose label a person has accepted.
    """
    known = {pair.image for pair in contradictions_of(images, settled)}
    contradictions = _contradictions(images, images.turned_groups, settled)
    return [pair for pair in contradictions if pair.image not in known]


def _contradictions(
    images: Images, groups: IntArray, settled: Collection[str]
) -> list[Contradiction]:
    pairs = [pair for alike in group_members(groups) for pair in _against(images, alike, settled)]
    return sorted(pairs, key=lambda pair: images.order(pair.image))


def group_members(groups: IntArray) -> list[list[int]]:
    """Positions of the images of each group, in order of appearance; -1 is in none."""
    members: dict[int, list[int]] = {}
    for i in np.flatnonzero(groups >= 0).tolist():
        members.setdefault(int(groups[i]), []).append(i)
    return [*members.values()]


def _against(images: Images, alike: list[int], settled: Collection[str]) -> Iterator[Contradiction]:
    """Images of one picture, each with the first of another label that is settled or earlier."""
    first: dict[tuple[str, ...], int] = {}  # of each label, in order of appearance
    labelled = (i for i in alike if not images.unlabelled[i])
    for i in sorted(labelled, key=lambda i: (images.ids[i] not in settled, images.order(i))):
        other = next((j for labels, j in first.items() if labels != images.labels[i]), None)
        if other is not None and images.ids[i] not in settled:
            yield Contradiction(image=i, other=other)
        first.setdefault(images.labels[i], i)


def contradiction_findings(images: Images, settled: Collection[str] = ()) -> list[Finding]:
    """Findings that name both images and both labels of every contradiction.

    Args:
        images: The images.
        settled: Ids of the images whose label a person has accepted.
    """
    contradictions = contradictions_of(images, settled) + turned_contradictions_of(images, settled)
    return [finding_of(images, pair, kind="contradiction", what=_same_picture(images, pair))
            for pair in contradictions]  # fmt: skip


def _same_picture(images: Images, pair: Contradiction) -> str:
    equal = images.shown[pair.image] == images.shown[pair.other]
    how = "" if equal else f", {images.turn(pair.image, pair.other) or 'saved again'},"
    return f"the same picture{how} as"


def finding_of(images: Images, pair: Contradiction, *, kind: str, what: str) -> Finding:
    """Finding on two images; `what` the first is to the second: "the same picture as"."""
    own, theirs = (", ".join(images.labels[i]) for i in (pair.image, pair.other))
    path, other = images.ids[pair.image], images.ids[pair.other]
    detail = f"{what} {other}, with another label: {own} here, {theirs} there"
    return Finding(kind=kind, path=path, detail=detail, other=other)
