"""Near duplicates that the workers of a cluster look for in cells, a part at a time.

First they find the cells that pictures look into, then they compare what shares a cell. The blocks
and their order are those of one process, so the pairs are the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from deri_gate.features.cell_blocks import Alike, blocks_of_cell
from deri_gate.features.cells import (
    VERSION,
    alike_in_cells,
    joined_visits,
    one_after_another,
    searches_of,
)
from deri_gate.features.far_parts import digest_of, drop_excess, kept_parts, parts_done
from deri_gate.features.far_visits import VisitsWork, hash_of_numbers, raw_numbers
from deri_gate.runtime.hashing import json_digest
from deri_gate.runtime.large_arrays import large_array

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from deri_gate.arrays import IntArray
    from deri_gate.features.byte_products import Bytes
    from deri_gate.features.cell_blocks import Cell, ComparedViews, Numbers
    from deri_gate.features.cells import CellSearch, CellSpread
    from deri_gate.runtime.engine import Machine

FAR_FROM = 100_000  # pictures from which on it pays to start workers
COMPARED = 2**27  # pairs of a part that are compared, at least
LARGE = 2**24  # bytes of vectors from which on they lie in a file: all views are held at once


def cells_by(machine: Machine) -> CellSpread:
    """Place for the search in cells, by the settings: workers with Ray, else threads here."""
    if machine.engine == "ray":
        return FarCells(machine=machine)
    return partial(alike_in_cells, workers=machine.workers)


@dataclass(frozen=True, kw_only=True)
class FarCells:
    """The workers of a cluster, with what they know from before.

    Attributes:
        machine: Settings of the computation.
    """

    machine: Machine

    def __call__(self, views: Iterable[ComparedViews]) -> Iterator[Alike]:
        """Pairs that are alike, as one process would find them, block by block.

        Raises:
            DeriGateError: If a part cannot be searched, written, or read again.
        """
        coming = iter(views)
        first = next(coming)
        every = chain([first], coming)
        if len(first.entries) < FAR_FROM:
            yield from alike_in_cells(every)
            return
        searches = tuple(searches_of(in_files(every)))
        searched = tuple(map(digest_of, searches))
        parts = PartsOfCells(VisitsWork(searches=searches, searched=searched), self.machine)
        work = CellsWork(searches=searches, searched=searched)
        for blocks in parts_done(work, parts, self.machine):
            yield from blocks
        drop_excess(self.machine)


def in_files(every: Iterable[ComparedViews]) -> Iterator[ComparedViews]:
    """Views with their vectors in files, each of them once."""
    known: dict[int, tuple[Bytes, Bytes]] = {}

    def placed(vectors: Bytes) -> Bytes:
        if id(vectors) not in known:
            copy = large_array(vectors.shape, vectors.dtype, LARGE)
            copy[:] = vectors
            known.clear()
            known[id(vectors)] = vectors, copy
        return known[id(vectors)][1]

    for views in every:
        queries = None if views.queries is None else placed(views.queries)
        yield replace(views, entries=placed(views.entries), queries=queries, known=None)


class CellsPart(NamedTuple):
    """Cells in which pairs are looked for."""

    search: int  # which of the searches
    cells: list[Cell]


class PartsOfCells(Sequence[CellsPart]):
    """Cells of all searches in parts that are worth a task; those of few searches are in memory."""

    def __init__(self, work: VisitsWork, machine: Machine) -> None:
        """Let workers find the cells that pictures look into.

        Raises:
            DeriGateError: If they cannot.
        """
        self._kept, self._searches = kept_parts(work, machine), work.searches
        self._parts = work.parts()
        compared = [np.zeros((2, len(search.centres)), dtype=np.int64) for search in work.searches]
        for part, visits in zip(self._parts, parts_done(work, self._parts, machine), strict=True):
            own = compared[part.search]
            own[0] += np.bincount(visits.cells, minlength=own.shape[1])
            if part.of_entries or work.searches[part.search].views.entries_ask:
                own[1] += np.bincount(visits.home, minlength=own.shape[1])
        self._places = [
            (search, cells) for search, own in enumerate(compared) for cells in _ranges(own)
        ]
        self._cells = lru_cache(maxsize=2)(self._read)

    def __len__(self) -> int:
        """Number of parts."""
        return len(self._places)

    def __getitem__(self, place: Any) -> Any:
        """The part in a place."""
        search, cells = self._places[place]
        return CellsPart(search, self._cells(search)[cells])

    def _read(self, search: int) -> list[Cell]:
        """Cells of a search, by the files of its visits."""
        own = [part for part in self._parts if part.search == search]
        asking, homes = (
            [self._kept.whole(part) for part in own if part.of_entries == of_entries]
            for of_entries in (False, True)
        )
        visits = joined_visits(asking)
        home = joined_visits(homes).home if homes else visits.home
        return [*self._searches[search].cells(visits.parts(), home)]


def _ranges(counts: IntArray) -> Iterator[slice]:
    """Cells in a row, with so many pairs to compare; counts of queries and entries of each."""
    ends = np.flatnonzero(np.diff(np.cumsum(counts[0] * counts[1]) // COMPARED)) + 1
    for start, end in pairwise([0, *ends.tolist(), counts.shape[1]]):
        yield slice(start, end)


@dataclass(frozen=True, kw_only=True)
class CellsWork:
    """Comparison of what shares a cell; kept block by block.

    Attributes:
        searches: Searches in cells.
        searched: Digest of each.
    """

    searches: tuple[CellSearch, ...] = field(repr=False)
    searched: tuple[str, ...]

    def name(self, part: CellsPart) -> str:
        """Name of the file of these cells."""
        about = [
            VERSION,
            self.searched[part.search],
            hash_of_numbers([a for c in part.cells for a in c]),
        ]
        return f"{json_digest(about)}.alike"

    def __call__(self, part: CellsPart) -> list[Alike]:
        """All blocks of these cells."""
        views = self.searches[part.search].views
        return [block for cell in part.cells for block in views.blocks(cell)]

    def to_bytes(self, result: list[Alike]) -> bytes:
        """Number of pairs of each block, then all blocks, column by column."""
        pairs = one_after_another([block.pairs.astype(np.int32).ravel() for block in result])
        counts = np.array([len(block.pairs) for block in result], dtype=np.int32)
        likeness = np.concatenate(
            [np.empty(0, dtype=np.float32), *(block.likeness for block in result)]
        )
        others = one_after_another([block.others for block in result])
        return raw_numbers([counts, others, likeness.view(np.int32), pairs])

    def from_bytes(self, raw: bytes, part: CellsPart) -> list[Alike] | None:
        """All blocks of these cells; None unless each number is that of a picture."""
        asking = [
            rows for cell in part.cells for _, every in blocks_of_cell(cell) for rows in every
        ]
        ends = np.cumsum([len(asking), *[sum(map(len, asking))] * 2])
        if len(raw) % 4 or len(raw) < 4 * ends[-1]:
            return None
        counts, others, likeness, pairs = np.split(np.frombuffer(raw, dtype="<i4"), ends)
        every, known = np.concatenate([others, pairs]), len(self.searches[part.search].views.seen)
        sound = (
            bool((counts >= 0).all())
            and 2 * int(counts.sum(dtype=np.int64)) == len(pairs)
            and bool(((every >= 0) & (every < known)).all())
        )
        return _blocks(asking, counts, (others, likeness.view("<f4"), pairs)) if sound else None


def _blocks(
    asking: list[Numbers], counts: Numbers, columns: tuple[Numbers, np.ndarray, Numbers]
) -> list[Alike]:
    """Blocks from their columns."""
    others, likeness, pairs = columns
    rows = np.cumsum([len(some) for some in asking])[:-1]
    own = np.split(pairs.reshape(-1, 2).astype(np.int64), np.cumsum(counts)[:-1])
    parts = zip(asking, np.split(others, rows), np.split(likeness, rows), own, strict=True)
    return [Alike(queries=a, others=b, likeness=c, pairs=d) for a, b, c, d in parts]
