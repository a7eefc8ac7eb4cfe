"""An exhibit: rows of named images that show one finding."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deri_gate.schemas.exhibits import Exhibit, ImageRef, Placing, Side, Tile, TileRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deri_gate.arrays import FloatArray

MOST_TILES = 12  # of a grid
MOST_NAMES = 100  # of images that are named only
__all__ = ["Exhibit", "Exhibits", "ImageRef", "Placing", "Side", "Tile", "TileRow"]


@dataclass(frozen=True, kw_only=True)
class Exhibits:
    """All exhibits of a report, most important first.

    Attributes:
        items: The exhibits.
        heat: By image whose explanation is shown, its heat, (GRID, GRID), 0 or more.
    """

    items: tuple[Exhibit, ...] = ()
    heat: Mapping[ImageRef, FloatArray] = field(default_factory=dict)

    def images(self) -> Iterator[ImageRef]:
        """Every image to show, each once: the first rows of all exhibits before any second one."""
        seen: set[ImageRef] = set()
        for depth in range(max((_depth(one) for one in self.items), default=0)):
            for exhibit in self.items:
                for tile in _at(exhibit, depth):
                    if tile.image not in seen:
                        seen.add(tile.image)
                        yield tile.image


GRID_STEP = 4  # images of a grid that count as one row when pictures are shared out


def _depth(exhibit: Exhibit) -> int:
    if exhibit.placing == "rows":
        return len(exhibit.rows)
    return -(-max((len(row.tiles) for row in exhibit.rows), default=0) // GRID_STEP)


def _at(exhibit: Exhibit, depth: int) -> tuple[Tile, ...]:
    if exhibit.placing == "rows":
        return exhibit.rows[depth].tiles if depth < len(exhibit.rows) else ()
    start = GRID_STEP * depth
    return exhibit.rows[0].tiles[start : start + GRID_STEP] if exhibit.rows else ()
