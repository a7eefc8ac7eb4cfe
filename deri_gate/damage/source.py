"""Pictures damaged when they are read, behind the same interface as any other source."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.runtime.hashing import content_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.arrays import IntArray
    from deri_gate.data.dataset import Dataset, Loaded, Picture, Source

Damage = Callable[..., "Picture"]  # (picture, strength, generator, *other pictures)


@dataclass(frozen=True, kw_only=True)
class DamageSpec:
    """Damage of a dataset, without the dataset: enough to make it again."""

    group: str
    strength: float  # in the unit of the damage; levels are names for strengths
    seed: int
    version: int  # of the code

    def number(self, *of: object) -> int:
        """A random 64-bit number that depends on group, seed and `of` alone.

        Not on the strength: a stronger level hits the same images in the same way, only harder.
        """
        text = "\0".join(map(str, (self.group, self.seed, *of)))
        mixed = hashlib.md5(_bytes(text), usedforsecurity=False)  # a die, and nobody's identity
        return int.from_bytes(mixed.digest()[:8], "big")

    def ranked(self, positions: IntArray, ids: Sequence[str]) -> IntArray:
        """The positions in a seeded random order that depends on each image's id alone."""
        return np.array(sorted(positions, key=lambda i: self.number(ids[i])), dtype=np.int64)


@dataclass(frozen=True)
class Damaged:
    """One picture, damaged when it is decoded."""

    loaded: Loaded
    others: tuple[Loaded, ...]
    damage: Damage
    spec: DamageSpec

    @property
    def key(self) -> str:
        """Hash of the contents that went in and of what was done to them."""
        said = f"{self.spec}|{[one.key for one in (self.loaded, *self.others)]}"
        return content_hash(_bytes(said))

    def decode(self) -> Picture:
        """The damaged picture; the same in any order, batch or process.

        Raises:
            UnreadableImageError: When one of the contents is no picture.
        """
        rng = np.random.default_rng(self.spec.number("noise", self.loaded.key))
        others = (other.decode() for other in self.others)
        return self.damage(self.loaded.decode(), self.spec.strength, rng, *others)


@dataclass(frozen=True, kw_only=True)
class DamagedSource:
    """A source with damaged images appended to it.

    Rows below `offset` are the base's own, so untouched images and masks stay where they were;
    row `offset + k` is base row `inputs[k, 0]`, damaged.

    Attributes:
        base: Where the undamaged images lie.
        offset: The first row that is damaged.
        inputs: Base rows that go into each damaged picture, shape (M, 1 + others).
        damage: What is done to them; a module's function, so that it pickles.
        spec: Strength of the damage, and its seed.
    """

    base: Source
    offset: int
    inputs: IntArray
    damage: Damage
    spec: DamageSpec

    def load(self, row: int) -> Loaded:
        """The content of the image in this row.

        Raises:
            UnreadableImageError: When the content cannot be had.
        """
        if row < self.offset:
            return self.base.load(row)
        first, *others = (self.base.load(int(i)) for i in self.inputs[row - self.offset])
        return Damaged(first, tuple(others), self.damage, self.spec)


def damaged(
    dataset: Dataset, positions: IntArray, inputs: IntArray, *, damage: Damage, spec: DamageSpec
) -> Dataset:
    """The dataset with the images at these positions damaged.

    Args:
        dataset: The dataset; stays as it is.
        positions: Which of its images, shape (M,).
        inputs: Source rows that go into each, the image's own first, shape (M, 1 + others).
        damage: What is done to them.
        spec: Strength of the damage, and its seed.
    """
    offset = first_free_row(dataset)
    source = DamagedSource(
        base=dataset.source, offset=offset, inputs=inputs, damage=damage, spec=spec
    )
    rows = dataset.rows.copy()
    rows[positions] = offset + np.arange(len(positions))
    return replace(dataset, source=source, rows=rows)


def first_free_row(dataset: Dataset) -> int:
    """A source row above all that the dataset uses."""
    masks = [] if dataset.masks is None else dataset.masks.tolist()
    return max(dataset.rows.tolist() + masks, default=-1) + 1


def _bytes(text: str) -> bytes:
    """Bytes of a text; file names may hold lone surrogates."""
    return text.encode("utf-8", "surrogatepass")
