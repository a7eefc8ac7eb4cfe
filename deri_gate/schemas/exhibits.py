"""An exhibit: rows of named images that show one finding; `page.json` keeps it."""

from __future__ import annotations

from typing import Literal

from deri_gate.schemas.base import Count, JsonRecord

Side = Literal["head", "base"]
Placing = Literal["grid", "rows"]


class ImageRef(JsonRecord):
    """Reference to an image of the judged dataset or of its base."""

    side: Side = "head"  # the dataset that holds it
    id: str  # there
    heat: bool = False  # whether its explanation is laid over it


class Tile(JsonRecord):
    """One image of an exhibit."""

    image: ImageRef
    facts: tuple[str, ...] = ()  # short texts below it: value, label, reason
    role: str = ""  # its part in a row: "before", "neighbour"; empty in a grid


class TileRow(JsonRecord):
    """Images that belong side by side, such as copies of one picture."""

    tiles: tuple[Tile, ...]
    caption: str = ""


class Exhibit(JsonRecord):
    """The images of one finding."""

    name: str  # unique in a report: "suspects.sharpness"
    about: tuple[str, ...]  # rows of the gate that it shows: metrics, shares, `leaks`
    title: str  # what the images are: "Blurred images"
    sentence: str = ""  # what it means, with numbers; may be empty
    advice: str = ""  # what to do about them; may be empty
    count: Count  # images or groups of the finding, shown or not
    noun: str = "image"  # what is counted
    rows: tuple[TileRow, ...]  # images that belong together; a grid is a single row
    placing: Placing = "grid"  # whether the images stand in a grid, or row by row
    others: tuple[str, ...] = ()  # ids of images that are named only
    changed: bool = False  # whether it is about a change against the base

    @property
    def shown(self) -> int:
        """Number of images or groups that are shown."""
        return len(self.rows[0].tiles) if self.placing == "grid" and self.rows else len(self.rows)
