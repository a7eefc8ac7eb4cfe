"""An exhibit: rows of named images that show one finding."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deri_gate.arrays import FloatArray

Side = Literal["head", "base"]
Placing = Literal["grid", "rows"]


@dataclass(frozen=True, kw_only=True)
class ImageRef:
    """Reference to an image of the judged dataset or of its base.

    Attributes:
        side: The dataset that holds it.
        id: Its id there.
        heat: Whether its explanation is laid over it.
    """

    side: Side = "head"
    id: str
    heat: bool = False


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One image of an exhibit.

    Attributes:
        image: The image.
        facts: Short texts below it: value, label, reason.
        role: Its part in a row: "before", "neighbour"; empty in a grid.
    """

    image: ImageRef
    facts: tuple[str, ...] = ()
    role: str = ""


@dataclass(frozen=True, kw_only=True)
class TileRow:
    """Images that belong side by side, such as copies of one picture."""

    tiles: tuple[Tile, ...]
    caption: str = ""


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """The images of one finding.

    Attributes:
        name: Identifier, unique in a report: "suspects.sharpness".
        about: Rows of the gate that it shows: metrics, shares, `leaks`.
        title: What the images are: "Blurred images".
        sentence: What it means, with numbers; may be empty.
        advice: What to do about them; may be empty.
        count: Images or groups of the finding, shown or not.
        noun: What is counted.
        rows: Images that belong together; a grid is a single row.
        placing: Whether the images stand in a grid, or row by row.
        others: Ids of images that are named only.
        changed: Whether it is about a change against the base.
    """

    name: str
    about: tuple[str, ...]
    title: str
    sentence: str = ""
    advice: str = ""
    count: int
    noun: str = "image"
    rows: tuple[TileRow, ...]
    placing: Placing = "grid"
    others: tuple[str, ...] = ()
    changed: bool = False

    @property
    def shown(self) -> int:
        """Number of images or groups that are shown."""
        return len(self.rows[0].tiles) if self.placing == "grid" and self.rows else len(self.rows)


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
