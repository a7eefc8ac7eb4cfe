"""Dataset -> decoded pictures of one size, in one array."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.picture import model_input
from deri_gate.errors import UnreadableImageError
from deri_gate.runtime.engine import map_in_order

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray
    from deri_gate.data.dataset import Dataset, Picture, Source
    from deri_gate.runtime.engine import Machine

CHUNK = 64  # images a task


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """The images of a dataset that can be read, prepared, in order.

    Attributes:
        dataset: Those that can be read.
        keys: Their content hashes.
        pixels: RGB, shape (N, size, size, 3).
    """

    dataset: Dataset
    keys: tuple[str, ...]
    pixels: npt.NDArray[np.uint8]

    @property
    def by_key(self) -> dict[str, Picture]:
        """Each prepared picture by its content hash."""
        return dict(zip(self.keys, self.pixels, strict=True))


def pictures(
    dataset: Dataset, size: int, *, known: Mapping[str, Picture], machine: Machine
) -> Pictures:
    """Decode and prepare the images of a dataset.

    Args:
        dataset: Whose images; those that cannot be read are left out.
        size: Side in pixels.
        known: Prepared pictures by content hash, which need no decoding.
        machine: How to compute.
    """
    prepare = _Prepare(source=dataset.source, size=size, known=frozenset(known))
    rows = dataset.rows.tolist()
    chunks = (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))
    prepared = [
        one for some in map_in_order(prepare, chunks, workers=machine.workers) for one in some
    ]
    good = [(key, known[key] if picture is None else picture) for key, picture in prepared if key]
    readable: BoolArray = np.array([bool(key) for key, _ in prepared], dtype=np.bool_)
    pixels = np.empty((len(good), size, size, 3), dtype=np.uint8)
    for place, (_, picture) in enumerate(good):
        pixels[place] = picture
    return Pictures(
        dataset=dataset.select(readable), keys=tuple(key for key, _ in good), pixels=pixels
    )


@dataclass(frozen=True, kw_only=True)
class _Prepare:
    """The work on a chunk: key and prepared picture, None for a known one, no key if unreadable."""

    source: Source
    size: int
    known: frozenset[str]

    def __call__(self, rows: list[int]) -> list[tuple[str, Picture | None]]:
        return [self._one(row) for row in rows]

    def _one(self, row: int) -> tuple[str, Picture | None]:
        try:
            loaded = self.source.load(row)
            if loaded.key in self.known:
                return loaded.key, None
            return loaded.key, model_input(loaded.decode(), self.size)
        except UnreadableImageError:
            return "", None
