"""`page.json`: what report.html shows and no other file holds, to render it again."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from deri_gate.schemas.base import JsonRecord
from deri_gate.schemas.exhibits import Exhibit, ImageRef
from deri_gate.schemas.scene import Scene

Pixels = Field(ge=1, le=256)


class PictureInfo(JsonRecord):
    """A small picture of an image."""

    image: ImageRef
    width: int = Pixels
    height: int = Pixels
    webp: str  # the file in base64: pixels alone


class PageDocument(JsonRecord):
    """`page.json`: suspects by metric, exhibits, plots and small pictures."""

    schema_version: Literal[1]
    fingerprint: str  # of the dataset, as in metrics.json
    seed: int = Field(ge=0)
    worst: dict[str, tuple[str, ...]]  # by metric, ids of its suspects, worst first
    exhibits: tuple[Exhibit, ...]  # most important first
    scenes: tuple[Scene, ...]
    pictures: tuple[PictureInfo, ...]
    left_out: int = Field(ge=0)  # images that found no room
    asked: bool  # whether pictures were asked for
