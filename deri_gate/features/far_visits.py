"""Cells that pictures look into, as the workers of a cluster find and keep them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from deri_gate.features.cell_blocks import ROWS
from deri_gate.features.cells import VERSION, Visits, filled_of
from deri_gate.runtime.hashing import content_hash, json_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from deri_gate.features.cell_blocks import Numbers
    from deri_gate.features.cells import CellSearch

ASKING = 32 * ROWS  # pictures of a part; whole blocks


class VisitsPart(NamedTuple):
    """Pictures whose cells are looked for."""

    search: int  # which of the searches
    of_entries: bool  # whether only the home of each entry is asked for
    positions: Numbers


@dataclass(frozen=True, kw_only=True)
class VisitsWork:
    """Search for the cells that pictures look into; kept as 32-bit numbers.

    Attributes:
        searches: Searches in cells.
        searched: Digest of each.
    """

    searches: tuple[CellSearch, ...] = field(repr=False)
    searched: tuple[str, ...]

    def parts(self) -> list[VisitsPart]:
        """All pictures that are asked for."""
        wanted = []
        for i, search in enumerate(self.searches):
            wanted.append((i, False, search.asking))
            if not search.views.entries_ask:
                wanted.append((i, True, filled_of(search.views.entries)))
        return [
            VisitsPart(i, of_entries, positions[start : start + ASKING])
            for i, of_entries, positions in wanted
            for start in range(0, len(positions), ASKING)
        ]

    def name(self, part: VisitsPart) -> str:
        """Name of the file of these pictures."""
        about = [
            VERSION,
            self.searched[part.search],
            part.of_entries,
            hash_of_numbers([part.positions]),
        ]
        return f"{json_digest(about)}.visits"

    def __call__(self, part: VisitsPart) -> Visits:
        """Cells that these pictures look into."""
        search, none = self.searches[part.search], np.empty(0, dtype=np.int32)
        if part.of_entries:
            return Visits(home=search.homes(part.positions), counts=none, cells=none)
        return search.visits(part.positions)

    def to_bytes(self, result: Visits) -> bytes:
        """Numbers as they are kept."""
        return raw_numbers([result.home, result.counts, result.cells])

    def from_bytes(self, raw: bytes, part: VisitsPart) -> Visits | None:
        """Cells that these pictures look into; None unless each number is that of a cell."""
        if len(raw) % 4:
            return None
        numbers, count = np.frombuffer(raw, dtype="<i4"), len(part.positions)
        home, rest = numbers[:count], numbers[count:]
        counts, cells = (rest[:0], rest) if part.of_entries else (rest[:count], rest[count:])
        every, known = np.concatenate([home, cells]), len(self.searches[part.search].centres)
        sound = (
            len(home) == count
            and len(counts) == (0 if part.of_entries else count)
            and bool((counts >= 0).all())
            and int(counts.sum(dtype=np.int64)) == len(cells)
            and bool(((every >= 0) & (every < known)).all())
        )
        return Visits(home=home, counts=counts, cells=cells) if sound else None


def hash_of_numbers(arrays: list[Numbers]) -> str:
    """Hash of some arrays; their lengths go in, so that no one runs over."""
    lengths = np.array([len(some) for some in arrays], dtype="<i8")
    return content_hash(lengths.tobytes(), *(raw_numbers([some]) for some in arrays))


def raw_numbers(arrays: Sequence[npt.NDArray[np.integer]]) -> bytes:
    """Numbers one after the other, as they are kept."""
    return b"".join(some.astype("<i4", copy=False).tobytes() for some in arrays)
