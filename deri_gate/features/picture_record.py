"""Cached record of each picture: its measures, a thumbnail, a hash of what it shows."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.compressed import compressed_size
from deri_gate.data.decoding import has_more_bits
from deri_gate.data.picture import CHROMA, SHOWN, THUMBNAIL, chroma, shown_hash, thumbnail
from deri_gate.data.traces import traces_of
from deri_gate.features.acquisition import ACQUISITION, acquisition_of, encoded_bytes
from deri_gate.features.appearance import APPEARANCE, appearance_of

if TYPE_CHECKING:
    from deri_gate.data.dataset import Loaded, Picture
    from deri_gate.metrics.profile import Profile

UPPER = 3  # the part of the rows that is compared from image to image
NARROW = 16  # levels of 255: a sixteenth of the range of 16 bits, as 12 bits in 16 have


def record_layout(profile: Profile) -> np.dtype[np.void]:
    """The fields of a record, with a float for each pixel metric."""
    return _layout(tuple(m.name for m in profile.metrics if m.of_image is not None))


@lru_cache(maxsize=8)
def _layout(metrics: tuple[str, ...]) -> np.dtype[np.void]:
    pixel = [(name, "<f8") for name in metrics]
    shape = [("height", "<i4"), ("width", "<i4"), ("channels", "u1"), ("shown", "u1", (SHOWN,))]
    range_ = [("low", "u1"), ("high", "u1"), ("narrow", "u1")]
    alike = [("size", "<u4"), ("start", "<u8"), ("traces", "<u4")]
    small = [("thumbnail", "u1", (THUMBNAIL, THUMBNAIL)), ("chroma", "u1", (CHROMA, CHROMA, 2))]
    seen = [(name, kind, length) for name, (kind, length) in APPEARANCE.items()]
    return np.dtype([*shape, *range_, *alike, *small, *ACQUISITION.items(), *seen, *pixel])


def picture_record(picture: Picture, content: Loaded, profile: Profile) -> bytes:
    """The record of one picture.

    Args:
        picture: Picture as a person sees it.
        content: What it was decoded from; asked for its depth where few levels are used.
        profile: Whose pixel metrics are measured.
    """
    record = np.zeros((), dtype=record_layout(profile))
    record["height"], record["width"] = picture.shape[:2]
    record["channels"] = 1 if picture.ndim == 2 else 3  # noqa: PLR2004
    record["low"], record["high"] = picture.min(), picture.max()
    few = int(record["high"]) - int(record["low"]) <= NARROW
    record["narrow"] = few and _is_deep(content)
    record["size"] = compressed_size(content, pixels=picture.shape[0] * picture.shape[1])
    record["start"] = _start(picture)
    record["traces"] = traces_of(content)
    record["thumbnail"] = thumbnail(picture)
    record["chroma"] = chroma(picture)
    acquired = acquisition_of(picture, content)
    for name in ACQUISITION:
        record[name] = getattr(acquired, name)
    appears = appearance_of(picture)
    for name in APPEARANCE:
        record[name] = getattr(appears, name)
    record["shown"] = np.frombuffer(shown_hash(picture), dtype=np.uint8)
    for metric in profile.metrics:
        if metric.of_image is not None:
            record[metric.name] = metric.of_image(picture)
    return record.tobytes()


def _start(picture: Picture) -> int:
    """Hash of the upper third; 0 where it has one level, as margins and backgrounds have."""
    upper = picture[: max(1, len(picture) // UPPER)]
    if all((part == upper[0, 0]).all() for part in (upper[:1], upper)):  # most end at the first
        return 0
    return int.from_bytes(shown_hash(upper)[:8], "little") or 1


def _is_deep(content: Loaded) -> bool:
    """True if the picture was stored with more than 8 bits; False where it is unknown."""
    raw = encoded_bytes(content)
    if raw is not None:
        return has_more_bits(raw)
    encoded = getattr(content, "encoded", content)
    return getattr(getattr(encoded, "values", None), "dtype", None) == np.uint16
