"""Comparison of the vectors that share a cell, block by block."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.byte_products import ONE, as_factors, exact_products
from deri_gate.features.candidates import CROWDED, of_a_crowd

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.features.byte_products import Bytes, Factors, Sums

    Numbers = npt.NDArray[np.int32]
    Cell = tuple[Numbers, Numbers]  # positions of the queries that look into it, and its entries

MOST = 8  # times the usual number of cells
STRICT = 0.9  # likeness below which more are needed: two that are less alike lie farther apart
ROWS, COLUMNS = 1024, 2048  # of a block of likenesses
ROUNDING = 0.01  # of a product that is written as a likeness and read again


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Number of cells that a query looks into.

    Attributes:
        fewest: Likest cells that every query looks into.
        usual: Cells that the gap would leave on average, were there neither fewest nor most.
    """

    fewest: int
    usual: int

    @property
    def most(self) -> int:
        """Cells that none looks into more than: all may be hardly less like than the likest."""
        return MOST * self.usual


LOOKS = Reach(fewest=6, usual=6)
MORE_LOOKS = Reach(fewest=12, usual=24)


@dataclass(frozen=True, kw_only=True)
class Alike:
    """Pairs of a block that are alike, and what each query is likest of the others.

    Attributes:
        queries: Positions of the queries, shape (R,).
        others: Entry that each is likest of those that are not alike, shape (R,).
        likeness: How like that one is, shape (R,).
        pairs: Positions of the query and of the entry of each pair, shape (M, 2).
    """

    queries: Numbers
    others: Numbers
    likeness: FloatArray
    pairs: IntArray


NONE_ALIKE = Alike(
    queries=np.empty(0, dtype=np.int32),
    others=np.empty(0, dtype=np.int32),
    likeness=np.empty(0, dtype=np.float32),
    pairs=np.empty((0, 2), dtype=np.int64),
)


@dataclass(frozen=True, kw_only=True)
class ComparedViews:
    """Views of all pictures, one of each or two, that are compared with each other.

    Attributes:
        entries: Unit vectors as bytes, leading directions first, shape (N, d).
        queries: Those of the same pictures seen otherwise; None to compare entries themselves.
        least: Likeness from which two are alike.
        asks: True for queries that look into cells, shape (N,); None for all.
        brief: True to look into few cells, whatever the likeness.
        known: Likeness of each query to some other, which may rise meanwhile, shape (N,). Only
            others that are more alike are told of; None for all.
        kept: Number of the leading values that a mirror leaves as they are; it reverses the
            others, and two are as alike as they are mirrored or not. None for all.
        in_floats: True to multiply floating-point numbers, which needs no torch: of few vectors,
            loading it takes longer than it spares. The products are the same.
    """

    entries: Bytes = field(repr=False)
    queries: Bytes | None = field(repr=False)
    least: float
    asks: BoolArray | None = field(default=None, repr=False)
    brief: bool = False
    known: FloatArray | None = field(default=None, repr=False)
    kept: int | None = None
    in_floats: bool = False

    @property
    def seen(self) -> Bytes:
        """Vectors that look into cells, shape (N, d)."""
        return self.entries if self.queries is None else self.queries

    @property
    def entries_ask(self) -> bool:
        """True if every entry looks into cells itself."""
        return self.queries is None and self.asks is None

    @property
    def reach(self) -> Reach:
        """Number of cells that each looks into."""
        return LOOKS if self.brief or self.least >= STRICT else MORE_LOOKS

    def blocks(self, cell: Cell) -> Iterator[Alike]:
        """Pairs in a cell that are alike, block by block.

        Where many of a block are all alike, each is a pair of one that is in their midst, not of
        all: thousands of copies would make millions of pairs.
        """
        for some, every in blocks_of_cell(cell):
            entries = self._factors(self.entries.take(some, axis=0))
            for asking in every:
                products = self._products(entries, self.seen.take(asking, axis=0))
                known = None if self.known is None else self.known.take(asking)
                yield _alike(products, asking, some, self.least, known)

    def _factors(self, entries: Bytes) -> Factors:
        return entries.astype(np.float32) if self.in_floats else as_factors(entries)

    def _products(self, entries: Factors, queries: Bytes) -> Sums:
        if self.kept is None:
            return exact_products(entries, queries)
        products = exact_products(entries[:, : self.kept], queries[:, : self.kept])
        products += np.abs(exact_products(entries[:, self.kept :], queries[:, self.kept :]))
        return products


def blocks_of_cell(cell: Cell) -> Iterator[tuple[Numbers, list[Numbers]]]:
    """Entries of a cell, a bounded number at a time, and blocks of the queries for each."""
    rows, columns = cell
    every = [rows[start : start + ROWS] for start in range(0, len(rows), ROWS)]
    for begin in range(0, len(columns), COLUMNS):
        yield columns[begin : begin + COLUMNS], every


def _alike(
    products: Sums, rows: Numbers, columns: Numbers, least: float, known: FloatArray | None
) -> Alike:
    """Pairs of one block, and the likest others; its queries and its entries ascend.

    Args:
        products: Products of the entries with the queries, written over, shape (C, R).
        rows: Positions of the queries, shape (R,).
        columns: Positions of the entries, shape (C,).
        least: Likeness from which two are alike.
        known: Likeness from which on others are told of, shape (R,); None for any.
    """
    own = np.minimum(np.searchsorted(rows, columns), len(rows) - 1)  # columns are fewer
    itself = np.flatnonzero(rows[own] == columns)
    products[itself, own[itself]] = -ONE
    crowd = CROWDED * sum(products.shape)
    if known is not None:  # most queries know of likelier ones, and are not looked at again
        from_here = np.minimum(known, least) * np.float32(ONE) - ROUNDING
        asking = np.flatnonzero(products.max(axis=0) > from_here)
        rows, products = rows[asking], products[:, asking]
    if not len(rows):
        return NONE_ALIKE
    best = products.argmax(axis=0)
    highest = products[best, np.arange(len(rows))]
    alike_from = math.ceil(least * ONE)  # a whole number, as products are
    paired = np.flatnonzero(highest >= alike_from)  # few: the rest is not looked at again
    pairs = NONE_ALIKE.pairs
    if len(paired):
        others = products[:, paired].T
        alike = others >= alike_from
        down, across = np.nonzero(alike)
        if len(down) > crowd:
            down, across = np.nonzero(of_a_crowd(others.astype(np.float64) / ONE, alike))
        others[alike] = -ONE
        best[paired] = others.argmax(axis=1)
        highest[paired] = others.max(axis=1)
        pairs = np.stack([rows[paired[down]], columns[across]], axis=1, dtype=np.int64)
    likeness = (highest.astype(np.float64) / ONE).astype(np.float32)
    return Alike(queries=rows, others=columns[best], likeness=likeness, pairs=pairs)
