"""Thumbnails of the exhibited images, as many as a page of bounded size can hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2

from deri_gate.errors import DeriGateError
from deri_gate.reports.pictures.encoding import thumbnail_of
from deri_gate.runtime.engine import map_in_order
from deri_gate.runtime.memory import budget

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.arrays import FloatArray
    from deri_gate.data.dataset import Source
    from deri_gate.measuring.evidence import Evidence
    from deri_gate.measuring.measure import Measured
    from deri_gate.reports.exhibits.records import Exhibits, ImageRef, Side
    from deri_gate.reports.pictures.encoding import Thumbnail

MOST_BYTES = 3_400_000  # of all thumbnails, as they stand in the page
MOST_IMAGES = 400  # that are decoded for a report


@dataclass(frozen=True, kw_only=True)
class Gallery:
    """Thumbnails by image.

    Attributes:
        thumbnails: By image, its thumbnail.
        left_out: Images that were to be shown, but for which there was no room.
        asked: Whether pictures were asked for.
    """

    thumbnails: Mapping[ImageRef, Thumbnail] = field(default_factory=dict)
    left_out: int = 0
    asked: bool = False


@dataclass(frozen=True)
class _Place:
    """Place of an image, and its content when it was measured."""

    source: Source
    row: int
    key: str


def gallery_of(
    exhibits: Exhibits, measured: Measured, earlier: Measured | None, *, workers: int
) -> Gallery:
    """Decode the exhibited images once more and shrink them.

    Args:
        exhibits: The images to show, most important first.
        measured: The judged dataset.
        earlier: The base or baseline.
        workers: Threads; 0 for as many as there are processors.
    """
    wanted = list(exhibits.images())
    chosen = wanted[:MOST_IMAGES]
    places = _places(chosen, measured, earlier)

    def make(ref: ImageRef) -> Thumbnail | None:
        return _thumbnail(places[ref], exhibits.heat.get(ref)) if ref in places else None

    thumbnails: dict[ImageRef, Thumbnail] = {}
    room = MOST_BYTES
    made = map_in_order(make, chosen, workers=workers)
    for ref, thumbnail in zip(chosen, made, strict=True):
        if thumbnail is not None and thumbnail.size <= room:
            room -= thumbnail.size
            thumbnails[ref] = thumbnail
    return Gallery(thumbnails=thumbnails, left_out=len(wanted) - len(thumbnails), asked=True)


def _thumbnail(place: _Place, heat: FloatArray | None) -> Thumbnail | None:
    """A thumbnail; None where the file is gone, has changed or takes too much memory by now."""
    try:
        with budget().scope():
            content = place.source.load(place.row)
            return thumbnail_of(content.decode(), heat) if content.key == place.key else None
    except (DeriGateError, OSError, MemoryError, cv2.error):
        return None


def _places(
    chosen: Sequence[ImageRef], measured: Measured, earlier: Measured | None
) -> dict[ImageRef, _Place]:
    """The place of each image that could be read."""
    sides: list[tuple[Side, Evidence | None]] = [
        ("head", measured.evidence),
        ("head", measured.others),
        ("base", earlier.evidence if earlier is not None else None),
        ("base", earlier.others if earlier is not None else None),
    ]
    refs: dict[tuple[Side, str], list[ImageRef]] = {}
    for ref in chosen:
        refs.setdefault((ref.side, ref.id), []).append(ref)
    places: dict[ImageRef, _Place] = {}
    for side, evidence in sides:
        if evidence is None:
            continue
        dataset, keys = evidence.dataset, evidence.images.keys
        for name, row, key in zip(dataset.ids, dataset.rows.tolist(), keys, strict=True):
            for ref in refs.get((side, name), ()):
                places.setdefault(ref, _Place(dataset.source, row, key))
    return places
