"""Rows of a large array on a GPU: all of them if they leave room there, else block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

RESIDENT = 0.6  # share of the free memory that an array may take


def placed(rows: npt.NDArray[Any], device: torch.device) -> torch.Tensor:
    """Copy of an array on the device; it stays in main memory if it is too large."""
    every = torch.from_numpy(np.ascontiguousarray(rows))
    if device.type != "cuda":
        return every
    if every.nbytes > RESIDENT * torch.cuda.mem_get_info(device)[0]:
        return every
    try:
        return every.to(device)
    except torch.OutOfMemoryError:  # the process may have less than the card has free
        return every


def on_device(rows: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Rows on the device; from main memory by a copy that nobody waits for."""
    if rows.device.type == device.type:
        return rows
    return rows.pin_memory().to(device, non_blocking=True)


def blocks(
    every: torch.Tensor, size: int, device: torch.device
) -> Iterator[tuple[slice, torch.Tensor]]:
    """Position of each block of rows, and the block on the device.

    Args:
        every: Array from `placed`, shape (N, ...).
        size: Rows of a block.
        device: Where the blocks are wanted.
    """
    for start in range(0, len(every), size):
        rows = slice(start, start + size)
        yield rows, on_device(every[rows], device)
