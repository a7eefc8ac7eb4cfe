"""Images that may be held against each other: of one class, source and octave of the size."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.measuring.oddities import MOST_SOURCES
from deri_gate.measuring.sizes import octaves_of
from deri_gate.measuring.two_parts import FEWEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deri_gate.arrays import BoolArray, IntArray
    from deri_gate.data.dataset import Dataset
    from deri_gate.features.image_table import ImageTable

LEAST = 20  # images of a class, of fewer nothing is told


@dataclass(frozen=True, kw_only=True)
class ClassGroups:
    """Numbers of the images by class, source and size.

    Attributes:
        groups: Number of class and source, (N,). Images of a class that have too few others of
            their source stand together: a column of many sources would hide all of them.
        octaves: Octave of the size, (N,).
        classes: Number of the class alone, (N,).
        sources: Number of the source by each column, (N, C).
    """

    groups: IntArray
    octaves: IntArray
    classes: IntArray
    sources: IntArray

    @property
    def large(self) -> BoolArray:
        """True for images with enough others of their group and size, shape (N,)."""
        return in_large_classes(self.groups, self.octaves)

    @property
    def several_sources(self) -> bool:
        """True where a source of more than a few images has others of its class beside it."""
        every = np.bincount(self.classes)[self.classes]
        pairs = [pair_numbers(self.classes, numbers) for numbers in self.sources.T]
        counts = [np.bincount(numbers)[numbers] for numbers in pairs]
        return any(((own >= FEWEST) & (own < every))[self.large].any() for own in counts)


def class_groups(sides: Sequence[tuple[Dataset, ImageTable]]) -> ClassGroups:
    """Number the images of all sides by class, source and size.

    Args:
        sides: The images that are judged, and those of the other splits, if any.
    """
    octaves = np.concatenate([octaves_of(table).astype(np.int64) for _, table in sides])
    datasets = [dataset for dataset, _ in sides]
    classes, columns = _classes(datasets), list(_sources(datasets))
    apart = classes
    for numbers in columns:
        apart = pair_numbers(apart, numbers)
    together = apart.max(initial=0) + 1 + classes
    return ClassGroups(
        groups=np.where(in_large_classes(apart, octaves), apart, together),
        octaves=octaves,
        classes=classes,
        sources=np.array(columns, dtype=np.int64).reshape(len(columns), len(classes)).T,
    )


def pair_numbers(groups: IntArray, numbers: IntArray) -> IntArray:
    """Number of each pair, (N,); more classes than images may be listed."""
    apart = int(numbers.max(initial=0)) + 1
    return np.asarray(np.unique(groups * apart + numbers, return_inverse=True)[1])


def in_large_classes(groups: IntArray, octaves: IntArray) -> BoolArray:
    """True for images with enough others of their group and size, shape (N,)."""
    pairs = pair_numbers(groups, octaves)
    return np.asarray(np.bincount(pairs)[pairs] >= LEAST)


def rows_by_group(rows: IntArray, groups: IntArray) -> list[IntArray]:
    """Rows of each group, as far as they are among these."""
    ordered = rows[np.argsort(groups[rows], kind="stable")]
    return [
        part
        for part in np.split(ordered, np.flatnonzero(np.diff(groups[ordered])) + 1)
        if len(part)
    ]


def _classes(datasets: Sequence[Dataset]) -> IntArray:
    """Number of the first class of each image."""
    numbered = defaultdict[str, int](count().__next__)
    own = [[numbered[name] for name in (*data.classes, "")] for data in datasets]
    return np.array(
        [
            numbers[label[0] if label else -1]
            for data, numbers in zip(datasets, own, strict=True)
            for label in data.labels
        ],
        dtype=np.int64,
    )


def _sources(datasets: Sequence[Dataset]) -> Iterator[IntArray]:
    """Number of the source of each image, by each column that all datasets have."""
    columns = [{column.name: column.values for column in data.group_columns} for data in datasets]
    for name in columns[0]:
        if all(name in known for known in columns):
            seen = defaultdict[str, int](count().__next__)
            sources = [seen[text] for known in columns for text in known[name]]
            if 1 < len(seen) <= MOST_SOURCES:
                yield np.array(sources, dtype=np.int64)
