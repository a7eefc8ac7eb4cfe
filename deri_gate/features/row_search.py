"""Search for the neighbours of some rows, and its division into parts that others can do.

A product of vectors depends in its last bits on the block that it is made in. So a part is made of
whole blocks, and the parts bring the bytes that the whole search brings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from deri_gate.features.candidate_index import nearest_by
from deri_gate.features.neighbours import nearest_of_rows, rows_in_a_block

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.features.candidate_index import CandidateIndex

PART = 4_096  # rows of a part, at least


class RowSearch(Protocol):
    """A way to find the neighbours of rows; picklable."""

    @property
    def k(self) -> int:
        """Number of neighbours of each row."""

    def parts(self, rows: IntArray) -> list[IntArray]:
        """Rows in parts of whole blocks, each ascending."""

    def __call__(self, rows: IntArray, tick: Callable[[int], object]) -> IntArray:
        """Neighbours of rows, shape (n, k); the callback is told how many are done."""


Spread = Callable[[RowSearch, "IntArray", Callable[[int], object]], "IntArray"]


def in_this_process(
    search: RowSearch, rows: IntArray, tick: Callable[[int], object] = lambda done: done
) -> IntArray:
    """Neighbours of rows, looked for here."""
    return search(rows, tick)


@dataclass(frozen=True, kw_only=True)
class ExactSearch:
    """Search that compares every pair, on the processor.

    Attributes:
        embeddings: Unit vectors, shape (N, d).
        k: How many neighbours.
        groups: Number of the group of each, whose images are left out; None to leave none.
    """

    embeddings: FloatArray = field(repr=False)
    k: int
    groups: IntArray | None = field(default=None, repr=False)

    def parts(self, rows: IntArray) -> list[IntArray]:
        """Rows in parts of whole blocks."""
        block = rows_in_a_block(self.embeddings)
        step = -(-PART // block) * block
        return [rows[start : start + step] for start in range(0, len(rows), step)]

    def __call__(self, rows: IntArray, tick: Callable[[int], object]) -> IntArray:
        """Neighbours of rows, shape (n, k)."""
        return nearest_of_rows(
            self.embeddings, rows, self.k, device="cpu", groups=self.groups, tick=tick
        )


@dataclass(frozen=True, kw_only=True)
class CandidateSearch:
    """Search among candidates.

    Attributes:
        index: Where candidates come from.
        embeddings: Unit vectors, shape (N, d).
        k: How many neighbours.
        groups: Number of the group of each, whose images are left out; None to leave none.
    """

    index: CandidateIndex
    embeddings: FloatArray = field(repr=False)
    k: int
    groups: IntArray | None = field(default=None, repr=False)

    def parts(self, rows: IntArray) -> list[IntArray]:
        """Rows in parts of whole blocks."""
        return self.index.parts(rows, PART)

    def __call__(self, rows: IntArray, tick: Callable[[int], object]) -> IntArray:
        """Neighbours of rows, shape (n, k); -1 where there are too few candidates."""
        return nearest_by(self.index, self.embeddings, rows, self.k, groups=self.groups, tick=tick)
