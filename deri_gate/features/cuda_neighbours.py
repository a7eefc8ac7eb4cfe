"""Exact nearest neighbours on a GPU, in blocks of bounded memory; loads torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from deri_gate.errors import SettingError
from deri_gate.features.device_blocks import blocks, on_device, placed

if TYPE_CHECKING:
    from collections.abc import Callable

    from deri_gate.arrays import FloatArray, IntArray

ROWS = 4_096  # whose neighbours are looked for at once; halved when memory runs out
COLUMNS = 65_536  # vectors they are compared with at once


def nearest_on_cuda(
    embeddings: FloatArray,
    positions: IntArray,
    k: int,
    *,
    groups: IntArray | None = None,
    device: str = "cuda",
    tick: Callable[[int], object] = lambda done: done,
) -> tuple[IntArray, FloatArray]:
    """Positions and likeness of the k nearest among all of the vectors at these positions.

    Args:
        embeddings: Unit vectors, shape (N, D).
        positions: Rows to look at, shape (n,).
        k: Neighbours of each, fewer than N.
        groups: Group of each image, or None; images of its own group are left out.
        device: Where to compare.
        tick: Told how many rows are done, block by block.

    Returns:
        Two arrays of shape (n, k); a likeness of minus infinity is no neighbour.

    Raises:
        SettingError: If memory does not suffice for one row at a time.
    """
    nearest = np.empty((len(positions), k), dtype=np.int64)
    likeness = np.empty((len(positions), k), dtype=np.float32)
    vectors = _Vectors.of(embeddings, groups, torch.device(device))
    rows, start = ROWS, 0
    while start < len(positions):
        some = positions[start : start + rows]
        try:
            near, best = vectors.nearest(some, k)
        except torch.OutOfMemoryError:
            near = None
        if near is None:
            torch.cuda.empty_cache()
            if rows == 1:
                reason = "the GPU lacks the memory to compare one picture with the others"
                raise SettingError(reason, "--device", "Use --device cpu.")
            rows //= 2
            continue
        nearest[start : start + rows], likeness[start : start + rows] = best, near
        start += len(some)
        tick(len(some))
    return nearest, likeness


@dataclass(frozen=True, kw_only=True)
class _Vectors:
    """All vectors, on the GPU if they leave room there, else in main memory.

    Attributes:
        every: Shape (N, D).
        groups: Group of each, or None.
        device: Where they are compared.
    """

    every: torch.Tensor
    groups: torch.Tensor | None
    device: torch.device

    @classmethod
    def of(cls, embeddings: FloatArray, groups: IntArray | None, device: torch.device) -> _Vectors:
        return cls(
            every=placed(embeddings.astype(np.float32, copy=False), device),
            groups=None if groups is None else torch.from_numpy(groups).to(device),
            device=device,
        )

    @torch.inference_mode()
    def nearest(self, rows: IntArray, k: int) -> tuple[FloatArray, IntArray]:
        """Likeness and positions of the nearest of some rows, shape (n, k) both."""
        chosen = torch.from_numpy(rows)
        own = on_device(self.every[chosen.to(self.every.device)], self.device)
        near = torch.full((len(rows), k), -torch.inf, device=self.device)
        best = torch.full((len(rows), k), -1, dtype=torch.int64, device=self.device)
        for place, part in blocks(self.every, COLUMNS, self.device):
            alike = own @ part.T
            if self.groups is None:
                self._leave_out_itself(alike, rows, place.start)
            else:
                belongs = self.groups[chosen.to(self.device)]
                alike.masked_fill_(belongs[:, None] == self.groups[place], -torch.inf)
            highest, column = alike.topk(min(k, len(part)), dim=1)
            highest = torch.cat([near, highest], 1)
            column = torch.cat([best, column + place.start], 1)
            near, order = highest.topk(k, dim=1)
            best = column.gather(1, order)
        return near.cpu().numpy(), best.cpu().numpy()

    def _leave_out_itself(self, alike: torch.Tensor, rows: IntArray, start: int) -> None:
        """Set the likeness of each row to itself to minus infinity, in a block of columns."""
        inside = np.flatnonzero((rows >= start) & (rows < start + alike.shape[1]))
        if inside.size:
            row, column = torch.from_numpy(np.stack([inside, rows[inside] - start])).to(self.device)
            alike[row, column] = -torch.inf
