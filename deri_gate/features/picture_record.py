"""Cached record of each picture: its measures, a thumbnail, a hash of what it shows."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.compressed import compressed_size
from deri_gate.data.contents import encoded_bytes, file_of
from deri_gate.data.decoding import has_more_bits
from deri_gate.data.file_facts import file_facts
from deri_gate.data.picture import (
    CHROMA,
    SHOWN,
    THUMBNAIL,
    UPPER,
    chromas,
    shown_hashes,
    thumbnails,
)
from deri_gate.data.picture_stack import PictureStack
from deri_gate.features.acquisition import ACQUISITION, acquisition_of
from deri_gate.features.appearance import APPEARANCE, appearance_of
from deri_gate.metrics.plugged import value_of_picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.arrays import BoolArray, FloatArray
    from deri_gate.data.dataset import Loaded, Picture
    from deri_gate.metrics.base import Metric
    from deri_gate.metrics.profile import Profile

VERSION = 18  # raised whenever the same picture would have another record, beside its metrics
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
    alike += [("otherwise", "u1")]
    small = [("thumbnail", "u1", (THUMBNAIL, THUMBNAIL)), ("chroma", "u1", (CHROMA, CHROMA, 2))]
    seen = [(name, kind, length) for name, (kind, length) in APPEARANCE.items()]
    return np.dtype([*shape, *range_, *alike, *small, *ACQUISITION.items(), *seen, *pixel])


def picture_record(picture: Picture, content: Loaded, profile: Profile) -> bytes:
    """The record of one picture, as `picture_records` makes it."""
    return picture_records(PictureStack.of(picture), [content], profile)[0]


def picture_records(
    pictures: PictureStack, contents: Sequence[Loaded], profile: Profile
) -> list[bytes]:
    """The record of each of some pictures of one shape; the same bytes as of each alone.

    Args:
        pictures: Pictures as a person sees them.
        contents: What they were decoded from; asked for their depth where few levels are used.
        profile: Whose pixel metrics are measured.
    """
    layout = record_layout(profile)
    records = np.zeros(len(pictures), dtype=layout)
    records["height"], records["width"] = pictures.height, pictures.width
    records["channels"] = 1 if pictures.stack.ndim == 3 else 3  # noqa: PLR2004
    flat = pictures.stack.reshape(len(pictures), -1)
    records["low"], records["high"] = flat.min(axis=1), flat.max(axis=1)
    few = records["high"] - records["low"] <= NARROW
    records["narrow"] = [low and _is_deep(one) for low, one in zip(few, contents, strict=True)]
    pixels = pictures.height * pictures.width
    records["size"] = [compressed_size(content, pixels=pixels) for content in contents]
    files = [file_facts(content) for content in contents]
    records["traces"] = [one.traces for one in files]
    records["otherwise"] = [one.otherwise for one in files]
    hashes = [shown_hashes(picture) for picture in pictures.stack]
    shown = b"".join(whole for whole, _ in hashes)
    records["shown"] = np.frombuffer(shown, dtype=np.uint8).reshape(-1, SHOWN)
    records["start"] = _starts(pictures, [upper for _, upper in hashes])
    # The paper's copies are those of hashes of thumbnails that Pillow makes of the whole picture.
    small = (pictures if profile.definitions == "paper" else pictures.reduced).stack
    records["thumbnail"], records["chroma"] = thumbnails(small), chromas(small)
    acquired, seen = acquisition_of(pictures, files), appearance_of(pictures)
    for name in ACQUISITION:
        records[name] = getattr(acquired, name)
    for name in APPEARANCE:
        records[name] = getattr(seen, name)
    for metric in profile.metrics:
        if metric.of_image is not None:
            records[metric.name] = _values(metric, pictures)
    raw, size = records.tobytes(), layout.itemsize
    return [raw[start : start + size] for start in range(0, len(raw), size)]


def _values(metric: Metric, pictures: PictureStack) -> FloatArray | list[float]:
    if metric.of_pictures is not None:
        return metric.of_pictures(pictures)
    return [value_of_picture(metric, picture) for picture in pictures.stack]


def _starts(pictures: PictureStack, hashes: Sequence[bytes]) -> list[int]:
    """Hash of each upper third; 0 where it has one level, as margins and backgrounds have."""
    uppers = pictures.stack[:, : max(1, pictures.height // UPPER)]
    starts = [int.from_bytes(one[:8], "little") or 1 for one in hashes]
    for i in np.flatnonzero(_of_one_level(uppers[:, :1])):  # most end at the first row
        if _of_one_level(uppers[i : i + 1])[0]:
            starts[i] = 0
    return starts


def _of_one_level(parts: Picture) -> BoolArray:
    same = parts == parts[:, :1, :1]
    return np.asarray(same.reshape(len(parts), -1).all(axis=1))


def _is_deep(content: Loaded) -> bool:
    """True if the picture was stored with more than 8 bits; False where it is unknown."""
    raw = encoded_bytes(content)
    if raw is not None:
        return has_more_bits(raw)
    return getattr(getattr(file_of(content), "values", None), "dtype", None) == np.uint16
