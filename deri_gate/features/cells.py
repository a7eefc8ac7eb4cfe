"""Cells of many vectors that lie together, in which pairs of them that are alike are looked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice, pairwise
from operator import methodcaller
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import scipy

from deri_gate.features.byte_products import as_factors, exact_products, in_bytes
from deri_gate.features.candidates import leading
from deri_gate.runtime.engine import map_in_order
from deri_gate.runtime.process import hand_back_freed

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import FloatArray
    from deri_gate.features.byte_products import Bytes, Sums
    from deri_gate.features.cell_blocks import Alike, Cell, ComparedViews, Numbers, Reach

VERSION = 5  # of the pairs that are found in cells; part of the key under which they are kept
OF_GAPS = 1000  # queries by which it is chosen how far
CELLS = 12.0  # square of the number of cells, an entry: as many as make the work least
SEED, ROUNDS = 0, 3  # of k-means, by which cells are made
FITTED, OF_A_CENTRE = 20_000, 12  # vectors that it sees at least, in all and of a centre
GROUP = 16  # centres of which the likest stands for all; the number of all is a multiple of it
TOGETHER = 16 * 128  # vectors that a thread takes at once
A_PART = 8  # cells whose vectors a thread compares before it gives an account
SOME = 2**16  # vectors whose numbers 16 bits hold
AT_ONCE = 128  # vectors that are compared with all centres at once, as a processor's cache holds


Rows = TypeVar("Rows", "Numbers", "Bytes")
CellSpread = Callable[[Iterable["ComparedViews"]], Iterator["Alike"]]  # place of the search


@dataclass(frozen=True, kw_only=True)
class Visits:
    """Cells that some queries look into.

    Attributes:
        home: Likest centre of each query, shape (Q,).
        counts: Number of cells that each looks into, shape (Q,).
        cells: These cells, query by query, as small numbers as they need, shape (V,).
    """

    home: Numbers
    counts: Numbers
    cells: npt.NDArray[np.integer]

    def parts(self) -> Iterator[Visits]:
        """Visits of some queries at a time."""
        cells = np.split(self.cells, np.cumsum(self.counts)[SOME - 1 : -1 : SOME])
        parts = zip(_parts(self.home, SOME), _parts(self.counts, SOME), cells, strict=False)
        return (Visits(home=home, counts=counts, cells=some) for home, counts, some in parts)


@dataclass(frozen=True, kw_only=True)
class CellSearch:
    """A search for pairs in cells; picklable.

    Attributes:
        views: Views that are compared.
        centres: Centres of the cells, shape (C, 32).
        gap: Margin below the product with its home down to which a query looks into cells.
    """

    views: ComparedViews
    centres: Bytes = field(repr=False)
    gap: int

    @classmethod
    def of(cls, views: ComparedViews, workers: int = 1) -> CellSearch:
        """Make cells of the entries, not all of which are flat."""
        hand_back_freed()  # what threads keep of the making of these vectors, and of other pairs
        centres = _centres(views.entries, filled_of(views.entries), workers)
        return cls(views=views, centres=centres, gap=_gap(views, centres))

    @property
    def asking(self) -> Numbers:
        """Positions of the queries that look into cells."""
        filled, asks = filled_of(self.views.seen), self.views.asks
        return filled if asks is None else filled[asks[filled]]

    def alike(self, workers: int = 1) -> Iterator[Alike]:
        """Pairs of an entry and another's query that are alike, block by block."""
        looks = map_in_order(self._looks, _parts(self.asking, TOGETHER), workers=workers)
        visits = map(joined_visits, iter(lambda: [*islice(looks, SOME // TOGETHER)], []))
        filled = None if self.views.entries_ask else filled_of(self.views.entries)
        cells = self.cells(visits, None if filled is None else self.homes(filled, workers))
        parts = iter(lambda: [*islice(cells, A_PART)], [])
        hand_back_freed()  # and of the visits
        yield from chain.from_iterable(
            map_in_order(partial(_compared, self.views), parts, workers=workers)
        )

    def visits(self, asking: Numbers, workers: int = 1) -> Visits:
        """Cells whose centres a query is hardly less like than the likest: so many on average.

        One in the midst of its cell looks into few, one between many cells into more.
        """
        parts = _parts(asking, TOGETHER)
        return joined_visits([*map_in_order(self._looks, parts, workers=workers)])

    def _looks(self, asking: Numbers) -> Visits:
        """Cells that some queries look into, found a few queries at a time."""
        centres = as_factors(self.centres)
        parts = _leading_parts(self.views.seen, asking)
        products = (exact_products(some, centres) for some in parts)
        return joined_visits([_near(each, self.gap, self.views.reach) for each in products])

    def homes(self, positions: Numbers, workers: int = 1) -> Numbers:
        """Number of the centre that each entry is likest, shape (n,)."""
        parts = _parts(positions, TOGETHER)
        blocks = (_leading_parts(self.views.entries, some) for some in parts)
        return _homes(blocks, self.centres, workers)

    def cells(self, visits: Iterable[Visits], home: Numbers | None = None) -> Iterator[Cell]:
        """Queries that look into each cell, and the entries in it, both ascending.

        Args:
            visits: Cells that the queries look into, `SOME` queries at a time.
            home: Likest centre of each entry that is not flat; None where entries are queries.
        """
        homes: list[Numbers] = []
        visitors = self._by_cell(self.asking, visits, homes)
        home = one_after_another(homes) if home is None else home
        at_home = Visits(home=home, counts=np.ones_like(home), cells=home).parts()
        return zip(visitors, self._by_cell(filled_of(self.views.entries), at_home, []), strict=True)

    def _by_cell(
        self, positions: Numbers, visits: Iterable[Visits], homes: list[Numbers]
    ) -> Iterator[Numbers]:
        """Positions of the vectors that have each cell among theirs.

        Vectors come some at a time, so that 16 bits hold which of them looks into a cell, and that
        all visits are never held. Their homes are added to a list.
        """
        parts, start = [], 0
        for some in visits:
            ends = np.append(0, np.cumsum(some.counts))
            marks = (np.ones(ends[-1], dtype=np.int8), some.cells.astype(np.int32), ends)
            shape = (len(some.counts), len(self.centres))
            turned = scipy.sparse.csr_array(marks, shape=shape).tocsc()
            every, own = pairwise(turned.indptr.tolist()), positions[start : start + shape[0]]
            parts.append((own, turned.indices.astype(np.uint16), every))
            homes.append(some.home)
            start += shape[0]
        return (
            one_after_another([own.take(rows[slice(*next(every))]) for own, rows, every in parts])
            for _ in range(len(self.centres))
        )


def filled_of(vectors: Bytes) -> Numbers:
    """Positions of vectors that are not of flat pictures, which are like none."""
    filled = vectors[:, 0] != 0
    doubtful = np.flatnonzero(~filled)  # few: all others take no time
    filled[doubtful] = vectors[doubtful].any(axis=1)
    return np.flatnonzero(filled).astype(np.int32)


def one_after_another(parts: Sequence[Numbers]) -> Numbers:
    """All numbers of some parts."""
    return np.concatenate([np.empty(0, dtype=np.int32), *parts])


def joined_visits(parts: Sequence[Visits]) -> Visits:
    """All visits of some parts."""
    return Visits(
        home=one_after_another([part.home for part in parts]),
        counts=one_after_another([part.counts for part in parts]),
        cells=np.concatenate([np.empty(0, dtype=np.uint16), *(part.cells for part in parts)]),
    )


def alike_in_cells(looks: Iterable[ComparedViews], workers: int = 1) -> Iterator[Alike]:
    """Pairs of an entry and another's query that are alike, search by search and block by block.

    Args:
        looks: Views that are compared; those of a search are dropped before the next are made.
        workers: Threads; 0 for as many as there are processors. The blocks are the same.
    """
    every = map(methodcaller("alike", workers), searches_of(looks, workers))
    return chain.from_iterable(every)


def _compared(views: ComparedViews, cells: list[Cell]) -> list[Alike]:
    return [block for cell in cells for block in views.blocks(cell)]


def searches_of(looks: Iterable[ComparedViews], workers: int = 1) -> Iterator[CellSearch]:
    """Searches in cells; none for views in which all pictures are flat."""
    shown = filter(lambda views: filled_of(views.entries).size, looks)
    return map(partial(CellSearch.of, workers=workers), shown)  # no name holds what is done with


def _centres(entries: Bytes, filled: Numbers, workers: int) -> Bytes:
    """Centres of cells, by k-means of a sample."""
    number = min(round((CELLS * len(filled)) ** 0.5), len(filled))
    number -= number % GROUP if number > GROUP else 0
    order = np.random.default_rng(SEED).permutation(filled)
    sample = order[: max(FITTED, OF_A_CENTRE * number)]
    some = _leading(entries[sample])
    centres = some[:number]
    for _ in range(ROUNDS):
        home = _homes((_parts(own, AT_ONCE) for own in _parts(some, TOGETHER)), centres, workers)
        own = (np.ones(len(some), dtype=np.float32), (home, np.arange(len(some))))
        sums = scipy.sparse.csr_array(own, shape=(number, len(some))) @ some
        centres = np.where(sums.any(axis=1, keepdims=True), _leading(sums), centres)
    return np.asarray(centres)


def _parts(rows: Rows, size: int) -> Iterator[Rows]:
    """Rows of an array, so many at a time."""
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _leading(vectors: Bytes | FloatArray) -> Bytes:
    """Leading directions alone, at unit length, as bytes."""
    return in_bytes(leading(vectors))


def _leading_parts(vectors: Bytes, positions: Numbers) -> Iterator[Bytes]:
    """Leading directions of some vectors, a few vectors at a time."""
    return (_leading(vectors[some]) for some in _parts(positions, AT_ONCE))


def _homes(parts: Iterable[Iterable[Bytes]], centres: Bytes, workers: int) -> Numbers:
    """Number of the centre that each vector is likest; a thread takes a part, block by block."""
    factors = as_factors(centres)

    def likest(blocks: Iterable[Bytes]) -> Numbers:
        return np.concatenate(
            [exact_products(some, factors).argmax(axis=1) for some in blocks], dtype=np.int32
        )

    return one_after_another([*map_in_order(likest, parts, workers=workers)])


def _near(products: Sums, gap: int, reach: Reach) -> Visits:
    """Cells that some queries look into.

    Args:
        products: Products of some queries with all centres, shape (q, C).
        gap: Margin below the highest down to which a query looks into cells.
        reach: How many it looks into.
    """
    likest = _highest_of_groups(products, reach.fewest)
    near = products >= np.minimum(likest[:, :1], likest[:, -1:] - gap)
    cells = np.flatnonzero(near)
    starts = np.arange(len(near) + 1) * near.shape[1]
    counts = np.diff(np.searchsorted(cells, starts))
    cells -= np.repeat(starts[:-1], counts)
    home, many = products.argmax(axis=1), np.flatnonzero(counts > reach.most)
    if many.size:
        likest = products[many].astype(np.int32)
        likest[np.arange(len(many)), home[many]] = np.iinfo(np.int32).max  # is among equals
        chosen = np.argpartition(-likest, reach.most - 1, axis=1)[:, : reach.most]
        near[many] = False
        near[many[:, None], chosen] = True
        counts[many] = reach.most
        cells = np.flatnonzero(near) % near.shape[1]
    return Visits(
        home=home.astype(np.int32),
        counts=counts.astype(np.int32),
        cells=cells.astype(np.min_scalar_type(near.shape[1])),  # half the memory for most
    )


def _highest_of_groups(products: Sums, number: int) -> Sums:
    """So many of the highest products of each query, ascending, the very highest among them.

    Each is the highest of a group of centres: to find those takes a fraction of the time in which
    all would be put in order, and they are hardly lower.
    """
    size = max(1, min(GROUP, products.shape[1] // (4 * number)))
    while products.shape[1] % size:
        size -= 1
    highest = products.reshape(len(products), size, -1).max(axis=1)
    return np.asarray(np.sort(highest, axis=1)[:, -number:])


def _gap(views: ComparedViews, centres: Bytes) -> int:
    """Margin below the product with the likest centre, for so many looks a query."""
    order = np.random.default_rng(SEED + 1).permutation(filled_of(views.seen))  # not as centres
    if not len(order):
        return 0
    likeness = exact_products(_leading(views.seen[order[:OF_GAPS]]), centres)
    gaps = (likeness.max(axis=1, keepdims=True) - likeness).ravel()
    last = min(views.reach.usual * len(likeness), len(gaps)) - 1
    return int(np.partition(gaps, last)[last])
