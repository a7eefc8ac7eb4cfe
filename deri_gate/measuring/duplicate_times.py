"""Processor time of the search for near duplicates: timed on some pictures, for many more."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.features.cells import searches_of
from deri_gate.features.near_duplicates import near_duplicates

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    import numpy.typing as npt

    from deri_gate.arrays import FloatArray
    from deri_gate.features.cell_blocks import Alike, ComparedViews

OF_CELLS = 1.5  # power of the number of images that the search in cells grows with
TRIES = 2  # as a first one may load libraries


@dataclass(frozen=True, kw_only=True)
class DuplicateTimes:
    """Processor time of a search for near duplicates among some pictures.

    Attributes:
        images: Number of the pictures.
        whole: Seconds in all.
        in_cells: Seconds of these in which pictures were compared with cells, and in them.
    """

    images: int
    whole: float
    in_cells: float

    def seconds(self, images: int) -> float:
        """Time for so many images.

        Cells are as many as the root of the images, times a constant, and so are the images in
        each. Each image is compared with all cells, and with all in some.
        """
        times = images / self.images
        rest = self.whole - self.in_cells
        return float(rest * times + self.in_cells * times**OF_CELLS)


class CellClock:
    """Search in cells that notes the processor time of all but the making of the cells."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.seconds = 0.0

    def __call__(self, looks: Iterable[ComparedViews]) -> Iterator[Alike]:
        """Pairs that are alike, block by block."""
        for search in searches_of(looks):
            blocks, found = search.alike(), True
            while found:
                start = time.process_time()
                block = next(blocks, None)
                self.seconds += time.process_time() - start
                found = block is not None
                yield from () if block is None else (block,)


def duplicate_times(thumbnails: npt.NDArray[np.uint8], colours: FloatArray) -> DuplicateTimes:
    """Time the search for near duplicates, the less of two tries.

    Args:
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
        colours: Mean colours, shape (N, 2).
    """
    tries = []
    for _ in range(TRIES):
        clock, start = CellClock(), time.process_time()
        near_duplicates(thumbnails, colours, clock)
        tries.append((time.process_time() - start, clock.seconds))
    whole, in_cells = min(tries)
    return DuplicateTimes(images=len(thumbnails), whole=whole, in_cells=in_cells)
