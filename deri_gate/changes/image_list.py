"""Images of a dataset, as far as which is which needs them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.colours import mean_colours

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.data.dataset import Dataset
    from deri_gate.features.image_table import ImageTable
    from deri_gate.features.near_duplicates import Pictures
    from deri_gate.measuring.evidence import Evidence

Labels = tuple[str, ...]


@dataclass(frozen=True)
class SmallPictures:
    """Small pictures of a list of images, which are fetched when they are asked for.

    Attributes:
        parts: Tables and their rows, in the order of the list.
    """

    parts: tuple[tuple[ImageTable, IntArray], ...]

    @classmethod
    def of(cls, table: ImageTable, rows: IntArray | None = None) -> SmallPictures:
        """Take some rows of one table; all when None."""
        return cls(((table, np.arange(len(table.thumbnails)) if rows is None else rows),))

    @classmethod
    def joined(cls, lists: Iterable[SmallPictures]) -> SmallPictures:
        """Join those of several lists, one after the other."""
        return cls(tuple(part for own in lists for part in own.parts))

    def __len__(self) -> int:
        """Number of images."""
        return sum(len(rows) for _, rows in self.parts)

    def at(self, positions: IntArray) -> tuple[Pictures, FloatArray]:
        """Thumbnails, shape (n, 32, 32), and mean colours, shape (n, 2).

        Args:
            positions: Ascending, shape (n,).
        """
        ends = np.cumsum([len(rows) for _, rows in self.parts])
        inside = np.split(positions, np.searchsorted(positions, ends[:-1]))
        own = [
            (table, rows[here - end + len(rows)])
            for (table, rows), here, end in zip(self.parts, inside, ends, strict=True)
        ]
        return (
            np.concatenate([table.thumbnails[rows] for table, rows in own]),
            np.concatenate([mean_colours(table.chroma[rows]) for table, rows in own]),
        )


@dataclass(frozen=True, kw_only=True)
class ImageList:
    """One of the two datasets, as far as matching needs it.

    Attributes:
        ids: Path of each image, unique.
        keys: Content hash of each.
        labels: Names of the classes of each, sorted.
        shown: Hash of what each shows, whatever file it was saved in; none where not known.
        looks: Small pictures of them; None where not known.
    """

    ids: tuple[str, ...]
    keys: tuple[str, ...]
    labels: tuple[Labels, ...]
    shown: tuple[str, ...] = ()
    looks: SmallPictures | None = None

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        keys: Sequence[str],
        shown: Sequence[str],
        looks: SmallPictures | None = None,
    ) -> ImageList:
        """List the readable images of a dataset for matching."""
        names = {
            label: tuple(sorted(dataset.classes[c] for c in label)) for label in set(dataset.labels)
        }
        return cls(
            ids=dataset.ids,
            keys=tuple(keys),
            labels=tuple(names[label] for label in dataset.labels),
            shown=tuple(shown),
            looks=looks,
        )

    @classmethod
    def judged(cls, evidence: Evidence) -> ImageList:
        """List the readable images of a measured dataset."""
        images = evidence.images
        return cls.of(evidence.dataset, images.keys, images.shown, SmallPictures.of(images))

    @property
    def classes(self) -> set[str]:
        """Classes that have an image."""
        return {name for label in set(self.labels) for name in label}


@dataclass(frozen=True)
class OtherSplits:
    """Hashes of what the images of all splits show but those that are matched.

    Attributes:
        base: Those of the earlier dataset.
        head: Those of the later one.
    """

    base: AbstractSet[str] = frozenset()
    head: AbstractSet[str] = frozenset()

    @cached_property
    def came(self) -> AbstractSet[str]:
        """Hashes of the head alone."""
        return self.head - self.base

    @cached_property
    def left(self) -> AbstractSet[str]:
        """Hashes of the base alone."""
        return self.base - self.head


ALONE = OtherSplits()  # of a dataset without further splits
