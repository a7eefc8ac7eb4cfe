"""Neighbours that the workers of a cluster look for: a part of the rows each, kept as a file.

The vectors go to every node once, into the memory that its workers share. What a worker finds goes
into the work folder, under a name that says all it was made from; so a run goes on from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features import forms
from deri_gate.features.far_parts import digest_of, drop_excess, parts_done
from deri_gate.features.neighbours import VERSION
from deri_gate.features.row_search import in_this_process
from deri_gate.runtime.hashing import content_hash, json_digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from deri_gate.arrays import IntArray
    from deri_gate.features.row_search import RowSearch, Spread
    from deri_gate.runtime.engine import Machine

FAR_FROM = 10_000  # rows from which on it pays to start workers


def spread_by(machine: Machine) -> Spread:
    """Place for the search of rows, by the settings: workers with Ray, else this process."""
    return FarNeighbours(machine=machine) if machine.engine == "ray" else in_this_process


@dataclass(frozen=True, kw_only=True)
class FarNeighbours:
    """The workers of a cluster, with what they know from before.

    Attributes:
        machine: Settings of the computation.
    """

    machine: Machine

    def __call__(
        self, search: RowSearch, rows: IntArray, tick: Callable[[int], object]
    ) -> IntArray:
        """Neighbours of rows, shape (n, k), as one process would find them.

        Raises:
            DeriGateError: If a part cannot be searched, written, or read again.
        """
        if len(rows) < FAR_FROM:
            return in_this_process(search, rows, tick)
        parts = search.parts(rows)
        work = RowsWork(search=search, searched=digest_of(search))
        found = parts_done(work, parts, self.machine, lambda part: tick(len(part)))
        nearest = np.empty((len(rows), search.k), dtype=np.int64)
        for part, own in zip(parts, found, strict=True):
            nearest[np.searchsorted(rows, part)] = own
        drop_excess(self.machine)
        return nearest


@dataclass(frozen=True, kw_only=True)
class RowsWork:
    """Search for the neighbours of a part of the rows; kept as 32-bit positions.

    Attributes:
        search: The way to find neighbours.
        searched: Its digest.
    """

    search: RowSearch
    searched: str

    def name(self, part: IntArray) -> str:
        """Name of the file of these rows."""
        own = content_hash(np.ascontiguousarray(part, dtype=np.int64).data.cast("B"))
        return f"{json_digest([VERSION, self.searched, self.search.k, own])}.neighbours"

    def __call__(self, part: IntArray) -> IntArray:
        """Neighbours of these rows."""
        return in_this_process(self.search, part)

    def to_bytes(self, result: IntArray) -> bytes:
        """Positions as they are kept."""
        return result.astype("<i4").tobytes()

    def from_bytes(self, raw: bytes, part: IntArray) -> IntArray | None:
        """Neighbours of these rows, shape (n, k)."""
        if not forms.of_length(4 * len(part) * self.search.k)(raw):
            return None
        return np.frombuffer(raw, dtype="<i4").reshape(len(part), self.search.k).astype(np.int64)
